// expects: paperboy: did_receive_bulk_messages takes std::vector<R>&

#include <paperboy/engine.hpp>

#include <span>
#include <vector>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void on_bulk(std::span<paperboy::record_view const>) {}
    void did_receive_bulk_messages(std::vector<int>&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
