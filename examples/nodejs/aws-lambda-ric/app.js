'use strict';

/*
 * A function as one deploys it to AWS: nothing in it knows of the simulator. AWS's runtime interface client runs it and brings the global
 * awslambda along.
 */

/** Echoes its event with what the runtime tells about the invocation; fails when the event asks it to. */
exports.handler = async (event, context) => {
  if (event.fail) {
    throw new RangeError(event.fail);
  }
  if (event.failLater) {
    return new Promise(() => setImmediate(() => { throw new RangeError(event.failLater); }));
  }
  return { event, requestId: context.awsRequestId, function: context.invokedFunctionArn };
};

/** Sends each piece of its event by itself; fails after them when the event asks it to. */
exports.stream = awslambda.streamifyResponse(async (event, responseStream) => {
  responseStream.setContentType('text/plain');
  for (const piece of event.pieces) {
    await new Promise((resolve) => responseStream.write(piece, resolve));
  }
  if (event.fail) {
    throw new TypeError(event.fail);
  }
  responseStream.end();
});
