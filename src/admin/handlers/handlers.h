#pragma once

#include "admin/request.h"
#include "admin/services.h"

// Every handler that routes.cc names, one file per resource. Called on the io thread; must not
// block; answers through `reply`, now or later.
namespace leat::admin {

#define LEAT_HANDLER(name) \
  void name(Services& services, const RequestPtr& request, const Reply& reply)

LEAT_HANDLER(get_root);  // root_handler.cc

LEAT_HANDLER(list_pipelines);  // pipelines_handler.cc
LEAT_HANDLER(create_pipeline);
LEAT_HANDLER(validate_pipeline);    // validate_handler.cc
LEAT_HANDLER(get_pipeline_schema);  // schema_handler.cc

LEAT_HANDLER(test_pipeline);  // trial_handler.cc
LEAT_HANDLER(preview_pipeline);

LEAT_HANDLER(get_pipeline);  // pipeline_handler.cc
LEAT_HANDLER(put_pipeline);
LEAT_HANDLER(delete_pipeline);

LEAT_HANDLER(get_trigger);  // trigger_handler.cc
LEAT_HANDLER(put_trigger);
LEAT_HANDLER(delete_trigger);

LEAT_HANDLER(pause_pipeline);  // lifecycle_handler.cc
LEAT_HANDLER(resume_pipeline);
LEAT_HANDLER(drain_pipeline);
LEAT_HANDLER(stop_pipeline);
LEAT_HANDLER(start_pipeline);
LEAT_HANDLER(restart_pipeline);

LEAT_HANDLER(wait_pipeline);  // wait_handler.cc
LEAT_HANDLER(get_offsets);    // offsets_handler.cc
LEAT_HANDLER(move_offsets);
LEAT_HANDLER(tap_step);  // tap_handler.cc

LEAT_HANDLER(list_stores);  // stores_handler.cc
LEAT_HANDLER(read_store);
LEAT_HANDLER(list_kept_state);
LEAT_HANDLER(delete_kept_state);

LEAT_HANDLER(list_checkpoints);  // checkpoints_handler.cc
LEAT_HANDLER(make_checkpoint);
LEAT_HANDLER(get_checkpoint);
LEAT_HANDLER(delete_checkpoint);
LEAT_HANDLER(restore_checkpoint);

LEAT_HANDLER(get_functions);  // functions_handler.cc

LEAT_HANDLER(list_plugins);  // plugins_handler.cc
LEAT_HANDLER(get_plugin);
LEAT_HANDLER(list_plugin_versions);
LEAT_HANDLER(get_plugin_version);
LEAT_HANDLER(put_plugin_version);
LEAT_HANDLER(delete_plugin_version);
LEAT_HANDLER(activate_plugin);
LEAT_HANDLER(rescan_plugins);

LEAT_HANDLER(get_livez);  // probes_handler.cc
LEAT_HANDLER(get_readyz);
LEAT_HANDLER(get_startupz);

LEAT_HANDLER(get_metrics);  // metrics_handler.cc

}  // namespace leat::admin
