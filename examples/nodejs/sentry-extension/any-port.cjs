'use strict';

/*
 * Sentry's extension listens on port 9000 of every interface. Preloaded into it (node --require), this gives it a free port of the
 * loopback interface, so that several can run on one machine, and prints which.
 */

const { Server } = require('node:net');

const { listen } = Server.prototype;

Server.prototype.listen = function (port, ...rest) {
  if (port !== 9000) {
    return listen.call(this, port, ...rest);
  }
  this.once('listening', () => console.log(`tunnel at port ${this.address().port}`));
  return listen.call(this, 0, '127.0.0.1', ...rest);
};
