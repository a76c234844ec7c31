// expects: paperboy: on_bulk_error takes std::exception_ptr, then std::span<R const>

#include <paperboy/engine.hpp>

#include <span>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void on_bulk(std::span<paperboy::record_view const>) {}
    paperboy::error_action on_bulk_error(std::span<paperboy::record_view const>)
    {
        return paperboy::error_action::skip;
    }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
