// librdkafka uses C11's threads, which ThreadSanitizer of g++ 12 does not know: it crashes in the first such thread,
// and would see no order in what their locks order. These definitions take the place of libc's and use POSIX threads,
// which it knows. glibc makes both kinds of the same parts, so the types have room for each other.

#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>

#include <pthread.h>
#include <threads.h>

namespace
{

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));

pthread_mutex_t* native(mtx_t* mutex)
{
    return reinterpret_cast<pthread_mutex_t*>(mutex);
}

pthread_cond_t* native(cnd_t* condition)
{
    return reinterpret_cast<pthread_cond_t*>(condition);
}

int result_of(int error)
{
    switch (error)
    {
    case 0:
        return thrd_success;
    case ETIMEDOUT:
        return thrd_timedout;
    case EBUSY:
        return thrd_busy;
    case ENOMEM:
    case EAGAIN:
        return thrd_nomem;
    default:
        return thrd_error;
    }
}

using start = std::pair<thrd_start_t, void*>;

void* run(void* argument)
{
    auto const begin = std::unique_ptr<start>{static_cast<start*>(argument)};
    auto const [function, data] = *begin;
    return reinterpret_cast<void*>(static_cast<std::intptr_t>(function(data)));
}

} // namespace

extern "C"
{
    // The reference counts of librdkafka and of libstdc++'s exceptions are atomics that are not instrumented: what they
    // order looks like races.
    char const* __tsan_default_suppressions() // NOLINT(bugprone-reserved-identifier): the sanitizer's name
    {
        return "race:librdkafka.so\nrace:std::__exception_ptr::exception_ptr::_M_release\n";
    }

    int thrd_create(thrd_t* thread, thrd_start_t function, void* data)
    {
        auto begin = std::make_unique<start>(function, data);
        auto const error = pthread_create(thread, nullptr, run, begin.get());
        if (error == 0)
            static_cast<void>(begin.release());
        return result_of(error);
    }

    int thrd_join(thrd_t thread, int* result)
    {
        void* value = nullptr;
        auto const error = pthread_join(thread, &value);
        if (result != nullptr)
            *result = static_cast<int>(reinterpret_cast<std::intptr_t>(value));
        return result_of(error);
    }

    int mtx_init(mtx_t* mutex, int type)
    {
        auto attributes = pthread_mutexattr_t{};
        pthread_mutexattr_init(&attributes);
        if ((type & mtx_recursive) != 0)
            pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
        auto const error = pthread_mutex_init(native(mutex), &attributes);
        pthread_mutexattr_destroy(&attributes);
        return result_of(error);
    }
    void mtx_destroy(mtx_t* mutex)
    {
        pthread_mutex_destroy(native(mutex));
    }
    int mtx_lock(mtx_t* mutex)
    {
        return result_of(pthread_mutex_lock(native(mutex)));
    }
    int mtx_trylock(mtx_t* mutex)
    {
        return result_of(pthread_mutex_trylock(native(mutex)));
    }
    int mtx_unlock(mtx_t* mutex)
    {
        return result_of(pthread_mutex_unlock(native(mutex)));
    }

    int cnd_init(cnd_t* condition)
    {
        return result_of(pthread_cond_init(native(condition), nullptr));
    }
    void cnd_destroy(cnd_t* condition)
    {
        pthread_cond_destroy(native(condition));
    }
    int cnd_signal(cnd_t* condition)
    {
        return result_of(pthread_cond_signal(native(condition)));
    }
    int cnd_broadcast(cnd_t* condition)
    {
        return result_of(pthread_cond_broadcast(native(condition)));
    }
    int cnd_wait(cnd_t* condition, mtx_t* mutex)
    {
        return result_of(pthread_cond_wait(native(condition), native(mutex)));
    }
    int cnd_timedwait(cnd_t* condition, mtx_t* mutex, timespec const* until)
    {
        return result_of(pthread_cond_timedwait(native(condition), native(mutex), until));
    }
}
