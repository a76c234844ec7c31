// expects: paperboy: on_error returns paperboy::error_action or boost::asio::awaitable<paperboy::error_action>

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void on_error(std::exception_ptr) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
