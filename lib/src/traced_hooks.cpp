#include <paperboy/detail/exception_type.hpp>
#include <paperboy/traced_hooks.hpp>

namespace paperboy
{

std::string traced_hooks::name() const
{
    return "process " + std::string{records.front().topic()};
}

std::string traced_hooks::error_type() const
{
    return error ? detail::exception_type(error) : std::string{};
}

} // namespace paperboy
