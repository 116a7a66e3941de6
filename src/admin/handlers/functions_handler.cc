#include "admin/handlers/handlers.h"
#include "operators/aggregates/reference.h"

namespace leat::admin {

void get_functions(Services&, const RequestPtr&, const Reply& reply) {
  reply(json_response(200, expr::functions_json(operators::listed_functions())));
}

}  // namespace leat::admin
