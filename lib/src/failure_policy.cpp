#include <paperboy/detail/failure_policy.hpp>

#include <paperboy/schema_registry.hpp>

#include <boost/system/system_error.hpp>

#include <new>

namespace paperboy::detail
{
namespace
{

bool is_of_registry(error_code error)
{
    return error == errc::registry_unreachable || error == errc::registry_refused || error == errc::registry_bad_answer;
}

// Whether the bytes are to blame, not who was asked about them.
bool blames_record(std::exception_ptr const& error)
{
    try
    {
        std::rethrow_exception(error);
    }
    catch (registry_error const& known)
    {
        return !is_of_registry(known.code());
    }
    catch (boost::system::system_error const&)
    {
        return false;
    }
    catch (std::bad_alloc const&)
    {
        return false;
    }
    catch (...)
    {
        return true;
    }
}

} // namespace

std::optional<error_action> failure_policy::without_asking(hook where, std::exception_ptr const& error,
                                                           bool can_ask) const
{
    auto const decoding = where == hook::decode_key || where == hook::decode_value;
    if (decoding && on_undecodable_ && blames_record(error))
        return on_undecodable_;
    if (can_ask)
        return std::nullopt;
    return on_failure_;
}

} // namespace paperboy::detail
