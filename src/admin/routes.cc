#include "admin/handlers/handlers.h"
#include "admin/router.h"

namespace leat::admin {
namespace {

using M = Method;
using R = Role;
using B = Body;

// What is built.
void add_built(std::vector<Route>& table) {
  const std::vector<Route> rows{
      {M::get, "/v1", R::viewer, get_root, B::none, {}},
      {M::get, "/v1/functions", R::viewer, get_functions, B::none, {}},
      {M::get,
       "/v1/pipelines",
       R::viewer,
       list_pipelines,
       B::none,
       {{"limit", "page_token", "label"}, {}, {"label"}}},
      {M::post,
       "/v1/pipelines",
       R::admin,
       create_pipeline,
       B::definition,
       {{"initial_state", "state"}, {"dry_run"}, {}}},
      {M::post,
       "/v1/pipelines:validate",
       R::viewer,
       validate_pipeline,
       B::definition,
       {{}, {"connect"}, {}}},
      {M::get, "/v1/schemas/pipeline.json", R::viewer, get_pipeline_schema, B::none, {}},
      {M::post, "/v1/pipelines:test", R::operate, test_pipeline, B::definition, {}},
      {M::post, "/v1/pipelines:preview", R::operate, preview_pipeline, B::definition, {}},
      {M::get, "/v1/pipelines/{p}", R::viewer, get_pipeline, B::none, {{"format"}, {}, {}}},
      {M::put,
       "/v1/pipelines/{p}",
       R::admin,
       put_pipeline,
       B::definition,
       {{"initial_state", "trigger", "state"}, {"dry_run"}, {}}},
      {M::del,
       "/v1/pipelines/{p}",
       R::admin,
       delete_pipeline,
       B::none,
       {{"mode", "state", "timeout"}, {"dry_run"}, {}}},
      {M::get,
       "/v1/pipelines/{p}:wait",
       R::viewer,
       wait_pipeline,
       B::none,
       {{"for", "timeout"}, {}, {}}},
      {M::get, "/v1/pipelines/{p}/trigger", R::viewer, get_trigger, B::none, {}},
      {M::put,
       "/v1/pipelines/{p}/trigger",
       R::operate,
       put_trigger,
       B::json,
       {{"timeout"}, {"dry_run"}, {}}},
      {M::del,
       "/v1/pipelines/{p}/trigger",
       R::operate,
       delete_trigger,
       B::none,
       {{"timeout"}, {"dry_run"}, {}}},
      {M::post,
       "/v1/pipelines/{p}/pause",
       R::operate,
       pause_pipeline,
       B::optional_json,
       {{}, {"dry_run"}, {}}},
      {M::post,
       "/v1/pipelines/{p}/resume",
       R::operate,
       resume_pipeline,
       B::optional_json,
       {{}, {"dry_run"}, {}}},
      {M::post,
       "/v1/pipelines/{p}/drain",
       R::operate,
       drain_pipeline,
       B::optional_json,
       {{}, {"dry_run"}, {}}},
      {M::post,
       "/v1/pipelines/{p}/stop",
       R::operate,
       stop_pipeline,
       B::optional_json,
       {{}, {"dry_run"}, {}}},
      {M::post,
       "/v1/pipelines/{p}/start",
       R::operate,
       start_pipeline,
       B::optional_json,
       {{}, {"dry_run"}, {}}},
      {M::post,
       "/v1/pipelines/{p}/restart",
       R::operate,
       restart_pipeline,
       B::optional_json,
       {{}, {"dry_run"}, {}}},
      {M::get, "/v1/pipelines/{p}/offsets", R::viewer, get_offsets, B::none, {}},
      {M::patch,
       "/v1/pipelines/{p}/offsets",
       R::operate,
       move_offsets,
       B::json,
       {{"timeout", "dry_run"}, {}, {}}},
      {M::get,
       "/v1/pipelines/{p}/steps/{id}/tap",
       R::operate,
       tap_step,
       B::none,
       {{"rate", "limit"}, {"where"}, {}}},
      {M::get, "/v1/pipelines/{p}/stores", R::operate, list_stores, B::none, {}},
      {M::get,
       "/v1/pipelines/{p}/stores/{store}",
       R::operate,
       read_store,
       B::none,
       {{"key", "from", "to", "limit", "consistency"}, {}, {}}},
      {M::get,
       "/v1/pipelines/{p}/checkpoints",
       R::viewer,
       list_checkpoints,
       B::none,
       {{"limit", "page_token"}, {}, {}}},
      {M::post,
       "/v1/pipelines/{p}/checkpoints",
       R::operate,
       make_checkpoint,
       B::json,
       {{"timeout"}, {"dry_run"}, {}}},
      {M::get, "/v1/pipelines/{p}/checkpoints/{id}", R::viewer, get_checkpoint, B::none, {}},
      {M::del,
       "/v1/pipelines/{p}/checkpoints/{id}",
       R::operate,
       delete_checkpoint,
       B::none,
       {{}, {"dry_run"}, {}}},
      {M::post,
       "/v1/pipelines/{p}/checkpoints/{id}/restore",
       R::operate,
       restore_checkpoint,
       B::optional_json,
       {{"offsets", "timeout"}, {"dry_run"}, {}}},
      {M::get, "/v1/kept-state", R::viewer, list_kept_state, B::none, {}},
      {M::del, "/v1/kept-state/{p}", R::admin, delete_kept_state, B::none, {}},
      {M::get, "/livez", R::none, get_livez, B::none, {}},
      {M::get, "/startupz", R::none, get_startupz, B::none, {}},
      {M::get, "/readyz", R::none, get_readyz, B::none, {{"pipeline"}, {}, {}}},
      {M::get, "/metrics", R::viewer, get_metrics, B::none, {}},
  };
  table.insert(table.end(), rows.begin(), rows.end());
}

// What the documentation describes and this version does not have: 501 by name.
void add_described(std::vector<Route>& table) {
  struct Row {
    M method;
    std::string_view pattern;
    R role;
  };
  const std::vector<Row> rows{
      {M::get, "/", R::none},
      {M::put, "/v1/pipelines", R::admin},
      {M::patch, "/v1/pipelines/{p}", R::admin},
      {M::get, "/v1/pipelines/{p}/generations", R::viewer},
      {M::post, "/v1/pipelines/{p}/rollback", R::admin},
      {M::get, "/v1/pipelines/{p}/progress", R::viewer},
      {M::get, "/v1/pipelines/{p}/errors", R::viewer},
      {M::get, "/v1/events", R::viewer},
      {M::get, "/v1/plugins", R::viewer},
      {M::get, "/v1/plugins/{n}", R::viewer},
      {M::get, "/v1/plugins/{n}/versions/{v}", R::viewer},
      {M::put, "/v1/plugins/{n}/versions/{v}", R::admin},
      {M::del, "/v1/plugins/{n}/versions/{v}", R::admin},
      {M::post, "/v1/plugins/{n}/activate", R::admin},
      {M::post, "/v1/plugins:rescan", R::admin},
      {M::get, "/v1/openapi.json", R::viewer},
      {M::get, "/v1/operations", R::viewer},
      {M::get, "/v1/operations/{id}", R::viewer},
      {M::del, "/v1/operations/{id}", R::operate},
      {M::get, "/v1/loggers/{n}", R::viewer},
      {M::put, "/v1/loggers/{n}", R::admin},
      {M::get, "/v1/config", R::viewer},
  };
  for (const Row& row : rows)
    table.push_back({row.method, row.pattern, row.role, nullptr, B::none, {}});
}

}  // namespace

std::vector<Route> api_routes() {
  std::vector<Route> table;
  add_built(table);
  add_described(table);
  return table;
}

}  // namespace leat::admin
