#include <paperboy/detail/exception_type.hpp>

#include <boost/core/demangle.hpp>

#include <cxxabi.h>
#include <typeinfo>

namespace paperboy::detail
{

std::string exception_type(std::exception_ptr const& error)
{
    try
    {
        std::rethrow_exception(error);
    }
    catch (std::exception const& known)
    {
        return boost::core::demangle(typeid(known).name());
    }
    catch (...)
    {
        auto const* const type = abi::__cxa_current_exception_type();
        return type == nullptr ? "unknown" : boost::core::demangle(type->name());
    }
}

} // namespace paperboy::detail
