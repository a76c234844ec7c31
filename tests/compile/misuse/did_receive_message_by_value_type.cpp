// expects: paperboy: did_receive_message takes the topic's record type by reference

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void did_receive_message(std::string&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
