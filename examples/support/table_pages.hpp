#pragma once

#include "http_server.hpp"
#include "page_views.hpp"

#include <string>

namespace examples
{

/// Lets a server show a table, by name:
///
///     GET /tables/NAME/KEY              {"key":"visitor-7","value":12}
///     GET /tables/NAME?prefix=P&limit=N [{"key":"visitor-7","value":12},…], 100 entries without a limit
///
/// 404: the key has no value; 409: another engine of the group has its partition, so ask that one; 503: it is being
/// restored, or the engine has not begun.
void show_table(http_server& server, page_views::count_table const& table);

} // namespace examples
