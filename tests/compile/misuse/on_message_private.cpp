// expects: paperboy: on_message takes the topic's record type by const reference

#include <paperboy/engine.hpp>

class handler
{
    void on_message(paperboy::record_view const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
