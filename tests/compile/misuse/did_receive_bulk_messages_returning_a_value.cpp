// expects: paperboy: did_receive_bulk_messages returns void

#include <paperboy/engine.hpp>

#include <span>
#include <vector>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void on_bulk(std::span<paperboy::record_view const>) {}
    bool did_receive_bulk_messages(std::vector<paperboy::record_view>&) { return true; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
