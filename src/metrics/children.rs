//! The children of one family: found by their label values, shown in the order of their creation.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::ChildRef;
use super::Value;

/// How few removed places are worth a compaction.
const PLACES_WORTH_COMPACTING: usize = 32;

/// A table of children, in memory that is counted in bytes for each: a family can have a million.
pub(super) struct Children<V: Value> {
    // A removed child leaves an empty place, so that the places behind it keep their numbers.
    places: Vec<Option<ChildRef<V>>>,
    place_of: HashTable<u32>,
    // Label values come from outside: an unpredictable hash keeps them from colliding at will.
    hasher: RandomState,
    next_sequence: u32,
    /// How often children have changed their places.
    moves: u64,
}

/// How far somebody has read, across holds of the lock between which children come and go.
#[derive(Default)]
pub(super) struct Cursor {
    place: usize,
    moves: u64,
    /// The first number that has not been read.
    sequence: u32,
}

impl<V: Value> Default for Children<V> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            place_of: HashTable::new(),
            hasher: RandomState::new(),
            next_sequence: 0,
            moves: 0,
        }
    }
}

impl<V: Value> Children<V> {
    pub(super) fn len(&self) -> usize {
        self.place_of.len()
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<&ChildRef<V>> {
        let place =
            self.place_of.find(self.hasher.hash_one(key), |place| self.is_at(*place, key))?;
        self.places[*place as usize].as_ref()
    }

    /// Adds the child that `make` makes from its sequence number. Its key must not be there yet.
    pub(super) fn insert(
        &mut self,
        key: &[u8],
        make: impl FnOnce(u32) -> ChildRef<V>,
    ) -> &ChildRef<V> {
        let child = make(self.next_sequence);
        self.next_sequence += 1;
        let place = u32::try_from(self.places.len()).expect("fewer children than 2^32");
        self.places.push(Some(child));
        let (places, hasher) = (&self.places, &self.hasher);
        self.place_of.insert_unique(hasher.hash_one(key), place, |place| {
            hasher.hash_one(key_at(places, *place))
        });
        self.places[place as usize].as_ref().expect("put there just now")
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<ChildRef<V>> {
        let hash = self.hasher.hash_one(key);
        let places = &self.places;
        let entry = self.place_of.find_entry(hash, |place| key_at(places, *place) == key).ok()?;
        let (place, _) = entry.remove();
        let child = self.places[place as usize].take();
        self.compact_if_worthwhile();
        child
    }

    pub(super) fn clear(&mut self) -> Vec<ChildRef<V>> {
        self.place_of.clear();
        self.moves += 1;
        std::mem::take(&mut self.places).into_iter().flatten().collect()
    }

    /// Up to `limit` children from where `cursor` stands, which moves on behind them.
    pub(super) fn next(&self, cursor: &mut Cursor, limit: usize) -> Vec<&ChildRef<V>> {
        if cursor.moves != self.moves {
            let not_seen = |child: &ChildRef<V>| child.sequence() >= cursor.sequence;
            let found = self.places.iter().position(|place| place.as_ref().is_some_and(not_seen));
            cursor.place = found.unwrap_or(self.places.len());
            cursor.moves = self.moves;
        }
        let mut children = Vec::with_capacity(limit);
        while children.len() < limit && cursor.place < self.places.len() {
            children.extend(&self.places[cursor.place]);
            cursor.place += 1;
        }
        if let Some(last) = children.last() {
            cursor.sequence = last.sequence() + 1;
        }
        children
    }

    /// All children in the order of their creation.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ChildRef<V>> {
        self.places.iter().flatten()
    }

    fn compact_if_worthwhile(&mut self) {
        let removed = self.places.len() - self.place_of.len();
        if removed < PLACES_WORTH_COMPACTING || removed <= self.place_of.len() {
            return;
        }
        self.places.retain(Option::is_some);
        self.moves += 1;
        self.place_of.clear();
        let (places, hasher) = (&self.places, &self.hasher);
        for place in 0..u32::try_from(places.len()).expect("fewer than before") {
            self.place_of.insert_unique(hasher.hash_one(key_at(places, place)), place, |place| {
                hasher.hash_one(key_at(places, *place))
            });
        }
    }

    fn is_at(&self, place: u32, key: &[u8]) -> bool {
        key_at(&self.places, place) == key
    }
}

fn key_at<V: Value>(places: &[Option<ChildRef<V>>], place: u32) -> &[u8] {
    places[place as usize].as_ref().expect("the table knows only places that are taken").key()
}
