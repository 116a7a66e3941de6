#include "admin/handlers/handlers.h"
#include "spec/schema.h"

namespace leat::admin {

void get_pipeline_schema(Services& services, const RequestPtr&, const Reply& reply) {
  Response response = json_response(200, spec::write_json_schema(services.definitions));
  response.content_type = "application/schema+json";
  reply(std::move(response));
}

}  // namespace leat::admin
