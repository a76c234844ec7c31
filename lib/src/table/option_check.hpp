#pragma once

#include <paperboy/detail/table_setup.hpp>

namespace paperboy::tables
{

// Fills in what the options leave to the table's name. Throws setup_error for what cannot work.
void check(detail::table_setup& setup);

} // namespace paperboy::tables
