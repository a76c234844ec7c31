// expects: paperboy: on_message takes the topic's record type by const reference

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record_view const&, int&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
