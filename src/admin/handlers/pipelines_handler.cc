#include <algorithm>

#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/handlers/show.h"

namespace leat::admin {
namespace {

constexpr std::size_t kItemsDefault = 100;
constexpr std::size_t kItemsMax = 1000;

struct Page {
  std::size_t limit = kItemsDefault;
  std::string after;
  std::vector<std::pair<std::string, std::string>> labels;
};

Problem bad_query(std::string detail) {
  Problem problem;
  problem.code = ProblemCode::bad_query;
  problem.detail = std::move(detail);
  return problem;
}

std::variant<Page, Problem> page_of(const Query& query) {
  Page page;
  auto limit = count_parameter(query, "limit", kItemsDefault, 1, kItemsMax);
  if (auto* problem = std::get_if<Problem>(&limit)) return std::move(*problem);
  page.limit = std::get<std::size_t>(limit);
  if (const auto token = query.find("page_token"); token && !read_page_token(*token, page.after)) {
    return bad_query("`page_token` is not one of ours");
  }
  for (const std::string_view label : query.all("label")) {
    const std::size_t equals = label.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return bad_query("`label` must be `key=value`");
    page.labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
  }
  return page;
}

bool fits(const runtime::PipelineSnapshot& snapshot, const Page& page) {
  if (snapshot.name <= page.after) return false;
  return std::all_of(page.labels.begin(), page.labels.end(), [&](const auto& wanted) {
    if (snapshot.spec == nullptr) return false;
    const auto found = snapshot.spec->labels.find(wanted.first);
    return found != snapshot.spec->labels.end() && found->second == wanted.second;
  });
}

std::string list_text(const std::vector<runtime::SnapshotPtr>& all, const Page& page) {
  json::Writer writer;
  writer.begin_object().key("items").begin_array();
  std::size_t shown = 0;
  std::string last;
  bool more = false;
  for (const runtime::SnapshotPtr& snapshot : all) {
    if (!fits(*snapshot, page)) continue;
    more = shown == page.limit;
    if (more) break;
    write_item(writer, *snapshot);
    last = snapshot->name;
    ++shown;
  }
  writer.end_array().key("next_page_token");
  if (more)
    writer.value(page_token_of(last));
  else
    writer.null();
  return writer.end_object().take();
}

}  // namespace

void list_pipelines(Services& services, const RequestPtr& request, const Reply& reply) {
  auto page = page_of(request->query);
  if (const auto* problem = std::get_if<Problem>(&page)) return reply(*problem);
  when_fresh(services, [&services, page = std::get<Page>(std::move(page)), reply] {
    reply(json_response(200, list_text(services.backend.list(), page)));
  });
}

}  // namespace leat::admin
