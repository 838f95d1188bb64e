import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that run at the same time. Only clients that use pipelining have more than one. */
const REQUESTS_MAX = 4;

interface Waiting {
  request: IncomingMessage;
  response: ServerResponse;
}

/** The requests of one connection. */
interface Pipeline {
  socket: Socket;
  running: number;
  waiting: Waiting[];
  /** Called when a response was sent or its connection was closed. One function for all requests of the connection. */
  onResponseClosed: () => void;
}

/**
 * Wraps a request listener, and bounds the share of the process that one connection gets. Node emits every request of one
 * read, which can be over a thousand, before it reads another connection. With this listener, further requests wait, the
 * connection is paused, and each waiting request starts in a new turn of the event loop.
 */
export function limitPipelining(listener: RequestListener): RequestListener {
  const pipelines = new WeakMap<Socket, Pipeline>();

  const start = (pipeline: Pipeline, request: IncomingMessage, response: ServerResponse) => {
    pipeline.running += 1;
    response.once('close', pipeline.onResponseClosed);
    listener(request, response as Parameters<RequestListener>[1]);
  };

  const startNext = (pipeline: Pipeline) => {
    const { socket } = pipeline;
    if (socket.destroyed) return;
    const next = pipeline.waiting.shift();
    if (next) start(pipeline, next.request, next.response);
    if (pipeline.waiting.length === 0) socket.resume();
  };

  const newPipeline = (socket: Socket): Pipeline => {
    const pipeline: Pipeline = {
      socket,
      running: 0,
      waiting: [],
      onResponseClosed: () => {
        pipeline.running -= 1;
        if (pipeline.waiting.length > 0) setImmediate(startNext, pipeline);
      },
    };
    pipelines.set(socket, pipeline);
    return pipeline;
  };

  return (request, response) => {
    const { socket } = request;
    const pipeline = pipelines.get(socket) ?? newPipeline(socket);
    if (pipeline.running < REQUESTS_MAX && pipeline.waiting.length === 0) return start(pipeline, request, response);
    pipeline.waiting.push({ request, response });
    socket.pause();
  };
}
