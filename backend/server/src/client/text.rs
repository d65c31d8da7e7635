//! Laying text out: tables, and texts beside each other.

use unicode_width::UnicodeWidthStr as _;

use super::terminal::Paint;

/// Columns between two texts.
const GAP: usize = 3;

/// Rows under their headings, each column as wide as its widest cell.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>], paint: Paint) -> String {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let mut lines = vec![paint.bold(&in_columns(&headings, &widths))];
    lines.extend(rows.iter().map(|row| in_columns(row, &widths)));
    lines.join("\n")
}

fn in_columns(cells: &[String], widths: &[usize]) -> String {
    let line: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| padded(cell, *width))
        .collect();
    line.join("  ").trim_end().to_owned()
}

/// `text` and as many spaces as make it `width` wide.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// `text` in lines of at most `width`, broken between words and within those that are longer than a line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            let mut one = [0; 4];
            if !line.is_empty() && line.width() + character.encode_utf8(&mut one).width() > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// On which side of a page a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// `text` in its half of a page.
pub(super) fn beside(text: &str, side: Side, page: usize) -> Vec<String> {
    let half = page.saturating_sub(GAP) / 2;
    let indent = match side {
        Side::Left => 0,
        Side::Right => half + GAP,
    };
    wrapped(text, half)
        .into_iter()
        .map(|line| format!("{}{line}", " ".repeat(indent)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(row: &[&str]) -> Vec<String> {
        row.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_stand_under_each_other_in_any_script() {
        let rows = [
            cells(&["+14155550134", "東京", "active"]),
            cells(&["+1", "Front desk", ""]),
        ];
        assert_eq!(
            table(&["NUMBER", "LABEL", "STATUS"], &rows, Paint::off()),
            "NUMBER        LABEL       STATUS\n\
             +14155550134  東京        active\n\
             +1            Front desk"
        );
    }

    #[test]
    fn lines_break_between_words_where_they_can() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert_eq!(wrapped("", 4), [""]);
        assert_eq!(wrapped("東京都", 4), ["東京", "都"]);
    }

    #[test]
    fn two_texts_stand_side_by_side() {
        assert_eq!(beside("good morning", Side::Left, 21), ["good", "morning"]);
        assert_eq!(beside("hello", Side::Right, 21), ["            hello"]);
    }
}
