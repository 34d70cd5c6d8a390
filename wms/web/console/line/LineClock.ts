// The server's time on this screen. Pictures come late by a varying part of a second; trusting each one would make the
// parcels jump back and forth. The picture that came fastest tells the difference best, so it counts until clocks drift.
const DRIFT_MS_PER_PICTURE = 0.5;

export class LineClock {
  private ahead: number | null = null;

  /** A picture of server time `at` arrived at local time `now`. */
  hear(at: number, now: number): void {
    const seen = at - now;
    this.ahead = this.ahead === null ? seen : Math.max(seen, this.ahead - DRIFT_MS_PER_PICTURE);
  }

  at(now: number): number {
    return now + (this.ahead ?? 0);
  }
}
