// expects: paperboy: on_error takes std::exception_ptr, then record_view const&, then the context as a pointer

#include <paperboy/engine.hpp>

struct handler
{
    int define_context() { return 0; }
    void on_message(paperboy::record_view const&) {}
    paperboy::error_action on_error(std::exception_ptr, paperboy::record_view const&, int&)
    {
        return paperboy::error_action::skip;
    }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
