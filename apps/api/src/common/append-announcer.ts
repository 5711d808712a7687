import { Injectable } from '@nestjs/common';
import type { Appended } from '#sessions';

/**
 * Announces appended events within this process, which is faster than a notification through Redis. It is only a
 * hint: listeners that need an event reliably read the stream.
 */
@Injectable()
export class AppendAnnouncer {
  private readonly listeners: ((appended: Appended) => void)[] = [];

  subscribe(listener: (appended: Appended) => void): void {
    this.listeners.push(listener);
  }

  announce(appended: Appended): void {
    for (const listener of this.listeners) listener(appended);
  }
}
