//! The merchant's colour, made safe by WCAG 2.2: text on it and text in it reach 4.5:1, controls 3:1, whatever was
//! chosen. The widget computes the same with the same steps (`web/widget/src/colour.ts`).

use std::fmt;

/// For text.
pub const READABLE: f64 = 4.5;
/// For the outlines of controls, and icons.
pub const VISIBLE: f64 = 3.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rgb([u8; 3]);

/// A colour as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// Backgrounds: the launcher, the header, the shopper's own messages.
    pub accent: Rgb,
    /// Text and icons on `accent`.
    pub on_accent: Rgb,
    /// Text and links in the colour, on the light and on the dark surface.
    pub text_on_light: Rgb,
    pub text_on_dark: Rgb,
    /// Outlines and icons in the colour.
    pub control_on_light: Rgb,
    pub control_on_dark: Rgb,
    /// The background is not the colour that was chosen: the editor says so.
    pub corrected: bool,
}

impl Rgb {
    pub const WHITE: Self = Self([255, 255, 255]);
    pub const BLACK: Self = Self([0, 0, 0]);
    pub const INK: Self = Self([23, 20, 17]);
    pub const DEFAULT: Self = Self([0x0f, 0x76, 0x6e]);
    pub const LIGHT_SURFACE: Self = Self::WHITE;
    pub const DARK_SURFACE: Self = Self::INK;

    /// `#rrggbb` or `#rgb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let nibble = |n: usize| (*digits.as_bytes().get(n)? as char).to_digit(16);
        let part = |n: usize| match digits.len() {
            6 => Some((nibble(2 * n)? * 16 + nibble(2 * n + 1)?) as u8),
            3 => Some((nibble(n)? * 17) as u8),
            _ => None,
        };
        Some(Self([part(0)?, part(1)?, part(2)?]))
    }

    /// WCAG 2.2, relative luminance.
    #[must_use]
    pub fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|part| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// WCAG 2.2, contrast ratio: 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// White or black, whichever reads better on this: one of them always does.
    #[must_use]
    pub fn best_text(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// What is shown for this colour; `on` is what the merchant chose for text on it.
    #[must_use]
    pub fn palette(self, on: Option<Self>) -> Palette {
        let (accent, on_accent) = match on {
            Some(on) if on.contrast(self) >= READABLE => (self, on),
            _ => self.background(),
        };
        Palette {
            accent,
            on_accent,
            text_on_light: self.until(Self::LIGHT_SURFACE, READABLE),
            text_on_dark: self.until(Self::DARK_SURFACE, READABLE),
            control_on_light: self.until(Self::LIGHT_SURFACE, VISIBLE),
            control_on_dark: self.until(Self::DARK_SURFACE, VISIBLE),
            corrected: accent != self,
        }
    }

    /// The nearest to this in which text can be read on `surface`: mails have grounds of their own.
    #[must_use]
    pub fn readable_on(self, surface: Self) -> Self {
        self.until(surface, READABLE)
    }

    /// White on the colour, darkened as far as needed; on bright colours (yellow, lime) ink, and the colour as it is.
    fn background(self) -> (Self, Self) {
        if Self::WHITE.contrast(self) >= READABLE {
            return (self, Self::WHITE);
        }
        if self.luminance() > 0.4 {
            return (self, Self::INK);
        }
        (self.towards(Self::BLACK, |c| Self::WHITE.contrast(c) >= READABLE), Self::WHITE)
    }

    /// The nearest to this that can be told from `surface`.
    fn until(self, surface: Self, ratio: f64) -> Self {
        let end = if surface.luminance() > 0.18 { Self::BLACK } else { Self::WHITE };
        self.towards(end, |c| c.contrast(surface) >= ratio)
    }

    fn towards(self, end: Self, enough: impl Fn(Self) -> bool) -> Self {
        let mixed = |share: f64| {
            Self(std::array::from_fn(|i| {
                let (from, to) = (f64::from(self.0[i]), f64::from(end.0[i]));
                // Halves round up, as in JavaScript.
                (from + (to - from) * share + 0.5).floor() as u8
            }))
        };
        let mut share = 0.0;
        while share < 1.0 {
            let colour = mixed(share);
            if enough(colour) {
                return colour;
            }
            share += 0.02;
        }
        end
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_colour_is_read_and_written() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Rgb::parse(text).map(|c| c.to_string()).as_deref(), expect, "{text:?}");
        };
        check("#0F766E", Some("#0f766e"));
        check("#fa0", Some("#ffaa00"));
        for wrong in ["", "#", "0f766e", "#0f766", "#0f766e00", "#gggggg", "red", "#ñañ", "#12345é"] {
            check(wrong, None);
        }
    }

    #[test]
    fn contrast_is_what_the_standard_says() {
        let contrast = |a: &str, b: &str| {
            (Rgb::parse(a).unwrap().contrast(Rgb::parse(b).unwrap()) * 100.0).round() / 100.0
        };
        assert_eq!(contrast("#000000", "#ffffff"), 21.0);
        assert_eq!(contrast("#777777", "#ffffff"), 4.48);
        assert_eq!(contrast("#767676", "#ffffff"), 4.54);
        assert_eq!(contrast("#ff0000", "#0000ff"), 2.15);
    }

    /// What `web/widget/src/colour.ts` answers: background, text on it, text on white, text on ink.
    #[test]
    fn the_widget_computes_the_same() {
        let table = [
            ("#f26b1d", "#c25617", "#ffffff", "#c25617", "#f26b1d"),
            ("#ffee00", "#ffee00", "#171411", "#7f7700", "#ffee00"),
            ("#0f766e", "#0f766e", "#ffffff", "#0f766e", "#358c85"),
            ("#ff0000", "#eb0000", "#ffffff", "#eb0000", "#ff0000"),
            ("#777777", "#757575", "#ffffff", "#757575", "#7f7f7f"),
            ("#00ff00", "#00ff00", "#171411", "#008a00", "#00ff00"),
            ("#3b82f6", "#3472d8", "#ffffff", "#3472d8", "#3b82f6"),
            ("#ffffff", "#ffffff", "#171411", "#757575", "#ffffff"),
            ("#000000", "#000000", "#ffffff", "#000000", "#808080"),
            ("#e91e63", "#e41d61", "#ffffff", "#e41d61", "#eb306f"),
            ("#8bc34a", "#8bc34a", "#171411", "#5c8131", "#8bc34a"),
        ];
        for (chosen, accent, on_accent, on_light, on_dark) in table {
            let p = Rgb::parse(chosen).unwrap().palette(None);
            let found = [p.accent, p.on_accent, p.text_on_light, p.text_on_dark].map(|c| c.to_string());
            assert_eq!(found, [accent, on_accent, on_light, on_dark], "{chosen}");
        }
    }

    proptest! {
        #[test]
        fn ux_28_every_colour_becomes_one_that_can_be_read(r: u8, g: u8, b: u8, on in proptest::option::of(any::<[u8; 3]>())) {
            let palette = Rgb([r, g, b]).palette(on.map(Rgb));
            prop_assert!(palette.on_accent.contrast(palette.accent) >= READABLE);
            prop_assert!(palette.text_on_light.contrast(Rgb::LIGHT_SURFACE) >= READABLE);
            prop_assert!(palette.text_on_dark.contrast(Rgb::DARK_SURFACE) >= READABLE);
            prop_assert!(palette.control_on_light.contrast(Rgb::LIGHT_SURFACE) >= VISIBLE);
            prop_assert!(palette.control_on_dark.contrast(Rgb::DARK_SURFACE) >= VISIBLE);
        }
    }
}
