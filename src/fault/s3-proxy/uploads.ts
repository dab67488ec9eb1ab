// What is known of multipart uploads that go through: how long parts are, so that a part has an
// offset, and which parts were acknowledged and never stored.

/** Beyond so many uploads the one that began first is forgotten. */
const UPLOADS_MAX = 1000;

interface Upload {
  /** Of the longest part so far: all but the last are as long, so that offsets follow. */
  partBytes: number;
  readonly lost: Set<number>;
}

export class Uploads {
  readonly #uploads = new Map<string, Upload>();

  /** Where a part begins, as far as all parts but the last have one length. */
  offsetOf(uploadId: string, partNumber: number, bytes: number): number {
    const upload = this.#of(uploadId);
    upload.partBytes = Math.max(upload.partBytes, bytes);
    return (partNumber - 1) * upload.partBytes;
  }

  lose(uploadId: string, partNumber: number): void {
    this.#of(uploadId).lost.add(partNumber);
  }

  /** A part that was stored after all, at another try. */
  keep(uploadId: string, partNumber: number): void {
    this.#uploads.get(uploadId)?.lost.delete(partNumber);
  }

  lostOf(uploadId: string | null): ReadonlySet<number> {
    return this.#uploads.get(uploadId ?? '')?.lost ?? new Set();
  }

  #of(uploadId: string): Upload {
    const known = this.#uploads.get(uploadId);
    if (known) return known;
    const upload = { partBytes: 0, lost: new Set<number>() };
    this.#uploads.set(uploadId, upload);
    if (this.#uploads.size > UPLOADS_MAX) {
      this.#uploads.delete(this.#uploads.keys().next().value as string);
    }
    return upload;
  }
}

/** The body of CompleteMultipartUpload without the parts of these numbers. */
export function withoutParts(xml: string, lost: ReadonlySet<number>): string {
  return xml.replace(/<Part>.*?<\/Part>/gs, (part) => (lost.has(numberOf(part)) ? '' : part));
}

/** Numbers of the parts that a CompleteMultipartUpload names, in its order. */
export function partNumbers(xml: string): number[] {
  return (xml.match(/<Part>.*?<\/Part>/gs) ?? []).map(numberOf);
}

function numberOf(part: string): number {
  return Number(/<PartNumber>\s*(\d+)\s*<\/PartNumber>/.exec(part)?.[1]);
}
