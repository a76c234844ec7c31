// expects: paperboy: did_receive_message takes the topic's record type by reference: changes of a copy are lost

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record<std::string_view> const&) {}
    void did_receive_message(paperboy::record<std::string_view> record) { record.value() = "changed"; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", paperboy::text{}, handler{});
}
