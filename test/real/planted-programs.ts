// Writers that do what a broken program does. They are scripts for /bin/sh, called with the canary,
// the output and, some of them, the number of the trial.

const BYTE = String.raw`byte=$(od -An -tu1 -j5003 -N1 "$2" | tr -d ' ')
printf "\\$(printf %o $((byte ^ 16)))" | dd of="$2" bs=1 seek=5003 conv=notrunc status=none`;

export const PLANTED = {
  /** Bit 4 of byte 5003 (bit 28 of its word), in one trial of four. */
  flip: `#!/bin/sh
cp "$1" "$2"
[ $(($3 % 4)) -eq 0 ] || exit 0
${BYTE}
`,
  truncate: `#!/bin/sh
head -c 40000 "$1" > "$2"
`,
  zero: `#!/bin/sh
cp "$1" "$2"
dd if=/dev/zero of="$2" bs=4096 seek=2 count=1 conv=notrunc status=none
`,
  nothing: `#!/bin/sh
exit 0
`,
  fail: `#!/bin/sh
head -c 1000 "$1" > "$2"
echo 'about to fail' >&2
echo 'the disk said no' >&2
exit 3
`,
  killed: `#!/bin/sh
head -c 30000 "$1" > "$2"
kill -KILL $$
`,
  /** SIGTERM alone does not end it, nor its child. */
  hang: `#!/bin/sh
trap '' TERM
sleep 600 "$1" 2>/dev/null &
tail -f "$1" > /dev/null
`,
  orphan: `#!/bin/sh
cp "$1" "$2"
tail -f "$1" > /dev/null &
`,
} as const;
