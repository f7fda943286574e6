import { type Curve, colourName, dashOf } from '../../parts/trend/curve.ts';

const LINE = 20;
const EDGE = 16;

/** The lines as a picture of its own: with its time, and what each line is. @returns its address */
export function pictureOf(canvas: HTMLCanvasElement, curves: readonly Curve[], title: string): string {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const { fontFamily: family, color } = getComputedStyle(document.body);
  const ratio = devicePixelRatio;
  const shown = curves.filter(({ isHidden, isEarlier }) => !isHidden && !isEarlier);
  const made = document.createElement('canvas');
  made.width = canvas.width + 2 * EDGE * ratio;
  made.height = canvas.height + (2 * EDGE + (shown.length + 1) * LINE) * ratio;
  const pen = made.getContext('2d');
  if (!pen) return canvas.toDataURL('image/png');
  pen.fillStyle = colour('--surface');
  pen.fillRect(0, 0, made.width, made.height);
  pen.drawImage(canvas, EDGE * ratio, (EDGE + LINE) * ratio);
  pen.scale(ratio, ratio);
  pen.font = `600 13px ${family}`;
  pen.fillStyle = color;
  pen.textBaseline = 'middle';
  pen.fillText(title, EDGE, EDGE);
  pen.font = `12px ${family}`;
  shown.forEach(({ key, unit, trace }, i) => {
    const y = EDGE + LINE * (i + 1.5) + canvas.height / ratio;
    pen.strokeStyle = colour(colourName(trace));
    pen.lineWidth = 2;
    pen.setLineDash([...dashOf(trace)]);
    pen.beginPath();
    pen.moveTo(EDGE, y);
    pen.lineTo(EDGE + 28, y);
    pen.stroke();
    pen.fillText(unit === '' ? key : `${key} [${unit}]`, EDGE + 36, y);
  });
  return made.toDataURL('image/png');
}
