// expects: paperboy: did_receive_bulk_messages and on_bulk_error come with on_bulk

#include <paperboy/engine.hpp>

#include <exception>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    paperboy::error_action on_bulk_error(std::exception_ptr) { return paperboy::error_action::skip; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
