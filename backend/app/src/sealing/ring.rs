//! A list that is never empty: the first entry is the one in use, the others were before it.

use phony_kernel::Result;

/// What is made of each master key. The first one makes and seals, all of them read and open.
#[derive(Debug)]
pub(crate) struct Ring<T> {
    first: T,
    others: Vec<T>,
}

impl<T> Ring<T> {
    pub(crate) fn new(first: T, others: Vec<T>) -> Self {
        Self { first, others }
    }

    /// Adds one that was before all the others.
    pub(crate) fn push(&mut self, one: T) {
        self.others.push(one);
    }

    /// The one in use.
    pub(crate) fn first(&self) -> &T {
        &self.first
    }

    /// All of them, the one in use first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub(crate) fn len(&self) -> usize {
        1 + self.others.len()
    }

    /// The same made of each.
    ///
    /// # Errors
    /// The first that `make` has.
    pub(crate) fn try_map<U>(&self, mut make: impl FnMut(&T) -> Result<U>) -> Result<Ring<U>> {
        Ok(Ring {
            first: make(&self.first)?,
            others: self.others.iter().map(make).collect::<Result<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stays_the_first() {
        let ring = Ring::new(1, vec![2, 3]).try_map(|n| Ok(n * 10)).unwrap();
        assert_eq!((*ring.first(), ring.len()), (10, 3));
        assert_eq!(ring.iter().copied().collect::<Vec<_>>(), [10, 20, 30]);
    }
}
