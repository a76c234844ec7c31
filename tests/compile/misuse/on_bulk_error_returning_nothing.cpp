// expects: paperboy: on_bulk_error returns paperboy::error_action

#include <paperboy/engine.hpp>

#include <exception>
#include <span>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void on_bulk(std::span<paperboy::record_view const>) {}
    void on_bulk_error(std::exception_ptr) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
