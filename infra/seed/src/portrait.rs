//! Pictures for the demo's agents, drawn here: nobody's face and nobody's right. A head and shoulders before a wall with light from one side.

/// Points a side.
const SIDE: usize = 128;
/// Colours between a shape's dark side and its light one.
const SHADES: usize = 64;

/// Red, green, blue.
type Colour = [u8; 3];

#[derive(Debug, Clone, Copy)]
pub struct Portrait {
    pub wall: Colour,
    pub skin: Colour,
    pub hair: Colour,
    pub clothes: Colour,
    /// Down to the shoulders.
    pub long_hair: bool,
}

impl Portrait {
    /// A PNG.
    pub fn png(&self) -> Vec<u8> {
        let mut palette = Vec::with_capacity(4 * SHADES * 3);
        for colour in [self.wall, self.skin, self.hair, self.clothes] {
            for shade in 0..SHADES {
                let light = 0.72 + 0.4 * shade as f32 / SHADES as f32;
                palette.extend(colour.map(|part| (f32::from(part) * light).min(255.0) as u8));
            }
        }
        let mut rows = Vec::with_capacity(SIDE * (SIDE + 1));
        for y in 0..SIDE {
            rows.push(0);
            rows.extend((0..SIDE).map(|x| {
                let (x, y) = (x as f32 / SIDE as f32, y as f32 / SIDE as f32);
                let (shape, light) = self.at(x, y);
                (shape * SHADES + (light.clamp(0.0, 0.999) * SHADES as f32) as usize) as u8
            }));
        }
        write_png(&palette, &rows)
    }

    /// Which colour, and how light, 0 to 1.
    fn at(&self, x: f32, y: f32) -> (usize, f32) {
        const WALL: usize = 0;
        const SKIN: usize = 1;
        const HAIR: usize = 2;
        const CLOTHES: usize = 3;
        // How far from an ellipse's middle: 1 on its edge.
        let from = |cx: f32, cy: f32, rx: f32, ry: f32| ((x - cx) / rx).hypot((y - cy) / ry);
        let lit = 0.5 + 0.9 * (0.5 - x) + 0.5 * (0.45 - y);
        if from(0.5, 0.44, 0.17, 0.21) < 1.0 && from(0.5, 0.2, 0.24, 0.14) > 1.0 {
            return (SKIN, lit + 0.15);
        }
        if from(0.5, 0.36, 0.215, 0.22) < 1.0 {
            return (HAIR, lit);
        }
        if (0.43..0.57).contains(&x) && (0.5..0.74).contains(&y) && from(0.5, 1.06, 0.4, 0.36) > 0.93 {
            return (SKIN, lit - 0.15);
        }
        if from(0.5, 1.06, 0.4, 0.36) < 1.0 {
            return (CLOTHES, lit + 0.25);
        }
        if self.long_hair && from(0.5, 0.5, 0.235, 0.3) < 1.0 {
            return (HAIR, lit - 0.1);
        }
        (WALL, 0.9 - 0.55 * (x + y) / 2.0)
    }
}

/// 8 bits a point by a palette, not compressed: no dependency is worth these few kilobytes.
fn write_png(palette: &[u8], rows: &[u8]) -> Vec<u8> {
    let side = (SIDE as u32).to_be_bytes();
    let header = [&side[..], &side, &[8, 3, 0, 0, 0]].concat();
    let length = (rows.len() as u16).to_le_bytes();
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in rows {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let data = [
        &[0x78, 0x01, 1, length[0], length[1], !length[0], !length[1]],
        rows,
        &((b << 16) | a).to_be_bytes(),
    ]
    .concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header[..]), (b"PLTE", palette), (b"IDAT", &data), (b"IEND", &[])] {
        file.extend((data.len() as u32).to_be_bytes());
        let from = file.len();
        file.extend(kind);
        file.extend(data);
        let check = crc32(&file[from..]);
        file.extend(check.to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    })
}
