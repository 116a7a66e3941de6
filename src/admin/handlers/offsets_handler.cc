#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/show.h"

namespace leat::admin {

void get_offsets(Services& services, const RequestPtr& request, const Reply& reply) {
  when_fresh(services, [&services, request, reply] {
    const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
    if (snapshot == nullptr) return;
    Response response = json_response(200, offsets_text(*snapshot));
    response.headers.emplace_back("ETag", snapshot->etag);
    reply(std::move(response));
  });
}

}  // namespace leat::admin
