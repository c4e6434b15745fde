import { describe, expect, it } from 'vitest';
import { square } from './photo';

describe('a photo', () => {
  it('is cut to the largest square, of a portrait nearer to its top', () => {
    const check = (width: number, height: number, left: number, top: number, side: number) => expect(square(width, height)).toEqual({ left, top, side });
    check(400, 400, 0, 0, 400);
    check(600, 400, 100, 0, 400);
    check(400, 700, 0, 100, 400);
    check(1, 1, 0, 0, 1);
  });
});
