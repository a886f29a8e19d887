// Streams and events.
#include "kernels/ptx/runtime/state.h"

using namespace tandem::ptx::runtime;

namespace {

Event* event_of(State& state, cudaEvent_t handle) {
  auto* event = reinterpret_cast<Event*>(handle);
  return state.events.contains(event) ? event : nullptr;
}

cudaError_t create_stream(cudaStream_t* handle, unsigned flags) {
  return call([&](State& state) {
    *handle = reinterpret_cast<cudaStream_t>(state.streams.create(!(flags & cudaStreamNonBlocking)));
    return cudaSuccess;
  });
}

// A program that asks again and again must get an answer at last: each question lets something happen.
cudaError_t ready(State& state, bool done) {
  if (done) return cudaSuccess;
  state.streams.run_one();
  return cudaErrorNotReady;
}

}  // namespace

extern "C" {

cudaError_t cudaStreamCreate(cudaStream_t* stream) { return create_stream(stream, cudaStreamDefault); }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) { return create_stream(stream, flags); }
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int) {
  return create_stream(stream, flags);
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  if (least) *least = 0;
  if (greatest) *greatest = 0;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  return call([&](State& state) {
    Stream* stream = state.stream(handle);
    if (!stream || stream == state.streams.default_stream()) return cudaErrorInvalidResourceHandle;
    state.streams.destroy(stream);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return call([&](State& state) {
    Stream* stream = state.stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    state.streams.run_until_idle(*stream);
    return state.sticky;
  });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return call([&](State& state) {
    const Stream* stream = state.stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    return ready(state, stream->idle());
  });
}

cudaError_t cudaStreamGetFlags(cudaStream_t handle, unsigned* flags) {
  return call([&](State& state) {
    const Stream* stream = state.stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    *flags = stream->blocking ? cudaStreamDefault : cudaStreamNonBlocking;
    return cudaSuccess;
  });
}

// What follows on the stream waits for what the event has recorded by now; an event never recorded is no reason to.
cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event_handle, unsigned) {
  return call([&](State& state) {
    Stream* stream = state.stream(handle);
    const Event* event = event_of(state, event_handle);
    if (!stream || !event) return cudaErrorInvalidResourceHandle;
    if (event->recorded && !state.settings.forget_waits) state.streams.add(stream, [] {}, {event->recorded});
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* handle) {
  return call([&](State& state) {
    auto* event = new Event;
    state.events.insert(event);
    *handle = reinterpret_cast<cudaEvent_t>(event);
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* handle, unsigned) { return cudaEventCreate(handle); }

cudaError_t cudaEventDestroy(cudaEvent_t handle) {
  return call([&](State& state) {
    const Event* event = event_of(state, handle);
    if (!event) return cudaErrorInvalidResourceHandle;
    state.events.erase(reinterpret_cast<Event*>(handle));
    delete event;  // who waits for the recording keeps that
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t handle, cudaStream_t stream_handle) {
  return call([&](State& state) {
    Event* event = event_of(state, handle);
    Stream* stream = state.stream(stream_handle);
    if (!event || !stream) return cudaErrorInvalidResourceHandle;
    event->recorded = state.streams.add(stream, [] {});
    return cudaSuccess;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle) {
  return call([&](State& state) {
    const Event* event = event_of(state, handle);
    if (!event) return cudaErrorInvalidResourceHandle;
    if (event->recorded) state.streams.run_until_done(*event->recorded);
    return state.sticky;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t handle) {
  return call([&](State& state) {
    const Event* event = event_of(state, handle);
    if (!event) return cudaErrorInvalidResourceHandle;
    return ready(state, !event->recorded || event->recorded->done);
  });
}

// Of the interpreter, not of a GPU.
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin_handle, cudaEvent_t end_handle) {
  return call([&](State& state) {
    const Event *begin = event_of(state, begin_handle), *end = event_of(state, end_handle);
    if (!begin || !end || !begin->recorded || !end->recorded) return cudaErrorInvalidResourceHandle;
    if (!begin->recorded->done || !end->recorded->done) return cudaErrorNotReady;
    *milliseconds = float((end->recorded->finished_at - begin->recorded->finished_at) * 1e3);
    return cudaSuccess;
  });
}

}  // extern "C"
