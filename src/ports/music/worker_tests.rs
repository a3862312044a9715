use super::*;
use crate::ports::music::Changes;
use crate::ports::music::Watcher;

/// A server that answers and refuses to list its songs, as Mopidy does, until it is told to.
struct Refusing(u32);

impl Watcher for Refusing {
    fn connect(&mut self) -> Result<(), MusicError> {
        Ok(())
    }

    fn catalog(&mut self) -> Result<ItemStore, MusicError> {
        if self.0 == 0 {
            return Ok(ItemStore::new());
        }
        self.0 -= 1;
        Err(MusicError::Refused {
            address: "den:6600".into(),
            command: "search".into(),
            reason: "incorrect arguments".into(),
        })
    }

    fn wait(&mut self) -> Result<Changes, MusicError> {
        Ok(Changes { interrupted: true, ..Changes::default() })
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send> {
        Box::new(|| {})
    }
}

#[test]
fn a_server_that_does_not_let_its_library_be_read_is_told_once_with_the_cure_and_when_it_does() {
    let (wake, _woken) = bounded(1);
    let (_alive, gone) = bounded::<()>(0);
    let (say, refusals) = bounded(4);
    watch(Box::new(Refusing(2)), &wake, &gone, &say, |_| {});
    let told: Vec<_> = refusals.try_iter().collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let report = &told[0].as_ref().unwrap().report;
    assert!(report.contains("`search`") && report.contains("`address` under [music]"), "{report}");
    assert_eq!(told[1], None);
}
