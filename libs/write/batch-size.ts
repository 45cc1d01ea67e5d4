/** A transaction has a price of its own, that of some hundred documents: with fewer, little more is saved. */
const FEWEST = 50;
const GROWTH = 64;

/**
 * How many roots the next transaction takes, by what became of the last ones. A refusal throws away what its transaction has
 * done, and each transaction has its own price: half as many after a refusal, a constant more after each success. So the
 * size settles near the square root of the distance between refusals, where both together cost least.
 */
export class BatchSize {
  /** So many fitted a transaction lately. */
  private fit: number;
  /** So many are risked at once. */
  private careful: number;

  constructor(private readonly most: number) {
    this.fit = most;
    this.careful = most;
  }

  get roots(): number {
    return Math.floor(Math.min(this.fit, this.careful));
  }

  /** More by little, as documents differ. */
  written(roots: number): void {
    this.fit = Math.min(this.most, Math.ceil(this.fit * 1.05));
    this.careful = Math.min(this.most, this.careful + (GROWTH * roots) / this.careful);
  }

  tooLarge(roots: number): void {
    this.fit = Math.ceil(roots / 2);
  }

  refused(): void {
    this.careful = Math.max(Math.min(FEWEST, this.most), this.roots / 2);
  }
}
