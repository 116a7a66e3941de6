#include "admin/handlers/handlers.h"
#include "expr/library/reference.h"

namespace leat::admin {

void get_functions(Services&, const RequestPtr&, const Reply& reply) {
  reply(json_response(200, expr::functions_json()));
}

}  // namespace leat::admin
