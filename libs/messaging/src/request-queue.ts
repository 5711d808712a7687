import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const check = RequestQueue.prototype.scheduleCheckPendingRequests;

/**
 * Makes kafkajs look at the requests that wait on a connection only while some do. Without it each connection that was used once
 * wakes the process every millisecond, for ever.
 */
export function installIdleRequestQueue(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) check.call(this);
  };
}
