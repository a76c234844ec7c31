#include <paperboy/observer.hpp>
#include <paperboy/traced_hooks.hpp>

namespace paperboy
{

trace_context observer::on_span_start(traced_hooks const& hooks) noexcept
{
    return hooks.parent ? hooks.parent->child() : trace_context::start();
}

} // namespace paperboy
