// One soft note. Browsers allow it only after a gesture; before that it stays silent.

let context: AudioContext | undefined;

export function chime(): void {
  try {
    if (!navigator.userActivation?.hasBeenActive) return;
    context ??= new AudioContext();
    const tone = context.createOscillator();
    const volume = context.createGain();
    const now = context.currentTime;
    tone.frequency.setValueAtTime(660, now);
    tone.frequency.setValueAtTime(880, now + 0.09);
    volume.gain.setValueAtTime(0.05, now);
    volume.gain.exponentialRampToValueAtTime(0.0001, now + 0.35);
    tone.connect(volume).connect(context.destination);
    tone.start(now);
    tone.stop(now + 0.35);
  } catch {
    // No sound here: nothing is lost.
  }
}
