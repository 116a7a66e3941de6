#pragma once

#include <string>

#include "json/write.h"
#include "runtime/supervisor.h"

// Snapshots and receipts as the API shows them. Pure.
namespace leat::admin {

// An item of `GET /v1/pipelines`.
void write_item(json::Writer& writer, const runtime::PipelineSnapshot& snapshot);
// `GET /v1/pipelines/{p}`: name, generation, spec, status.
std::string pipeline_text(const runtime::PipelineSnapshot& snapshot);
// The `status` object alone.
void write_status(json::Writer& writer, const runtime::PipelineSnapshot& snapshot);
// `GET …/trigger`
std::string trigger_text(const runtime::TriggerStatus& trigger);
// `GET …/offsets`
std::string offsets_text(const runtime::PipelineSnapshot& snapshot);
// An item of the answers that move offsets.
void write_moved(json::Writer& writer, const runtime::MovedPartition& moved);
// The receipt of `PUT …/trigger`.
std::string receipt_text(const runtime::SwitchReceipt& receipt);
// The reply of pause, resume, stop, start, restart.
std::string receipt_text(const runtime::LifecycleReceipt& receipt);

}  // namespace leat::admin
