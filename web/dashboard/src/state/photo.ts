// A photo as it is sent: cut square, made small, and drawn anew, so that nothing of the file but its picture goes along (a camera
// writes into it where and when it was taken).

/** Points a side: the largest face that is shown, on the finest screen. */
const SIDE = 192;
/** What the server takes. */
const MAX_BYTES = 24 * 1024;
/** Larger files are no photos of a person, and would take the browser a while. */
const MAX_FILE = 30 * 1024 * 1024;

/** `large`: the file; `picture`: it cannot be shown, so it is none; `small`: it cannot be made small enough. */
export class PhotoProblem extends Error {
  override name = 'PhotoProblem';
  constructor(readonly what: 'large' | 'picture' | 'small') {
    super(what);
  }
}

export async function portrait(file: Blob): Promise<Blob> {
  if (file.size > MAX_FILE) throw new PhotoProblem('large');
  // Upright, as the camera was held. An SVG is not taken: it is a document.
  const picture = await createImageBitmap(file).catch(() => {
    throw new PhotoProblem('picture');
  });
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext('2d');
  if (pen === null) throw new PhotoProblem('small');
  const { left, top, side } = square(picture.width, picture.height);
  // Under a picture that is partly transparent the initials would show.
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, SIDE, SIDE);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  for (const quality of [0.9, 0.8, 0.65, 0.5, 0.3]) {
    // Browsers that cannot write WebP answer with another type.
    for (const type of ['image/webp', 'image/jpeg']) {
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, type, quality));
      if (blob?.type === type && blob.size <= MAX_BYTES) return blob;
    }
  }
  throw new PhotoProblem('small');
}

/** The largest square: in the middle, and of what is higher than wide rather from the upper part, where faces are. */
export function square(width: number, height: number): { left: number; top: number; side: number } {
  const side = Math.min(width, height);
  return { left: Math.round((width - side) / 2), top: Math.round((height - side) / 3), side };
}
