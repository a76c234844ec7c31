#pragma once

namespace paperboy::kafka
{

// An eventfd for an executor to wait for; whoever gets it closes it. Throws boost::system::system_error.
[[nodiscard]] int make_wake_fd();

// Takes what was written to it.
void read_wake_fd(int fd) noexcept;

// Another descriptor of an eventfd, for a thread that wakes whoever waits for it: either side may go first.
class wake_fd
{
public:
    explicit wake_fd(int of);
    wake_fd(wake_fd const&) = delete;
    wake_fd& operator=(wake_fd const&) = delete;
    ~wake_fd();

    void wake() const noexcept;

private:
    int fd_;
};

} // namespace paperboy::kafka
