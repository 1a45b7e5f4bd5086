//! Order, groups, bounds, and what a panic leaves behind.

use std::thread;

use super::*;

type Numbers = Queue<u32, u32>;
type Groups = Mutex<Vec<Vec<u32>>>;

fn until_waiting(queue: &Numbers, depth: usize) {
    while queue.depth() != depth {
        thread::yield_now();
    }
}

/// Answers each number with its double, and notes the group.
fn double(groups: &Groups, jobs: Vec<Job<u32, u32>>) {
    groups.lock().expect("sound").push(jobs.iter().map(|job| job.work).collect());
    jobs.into_iter().for_each(|job| job.ticket.answer(job.work * 2));
}

#[test]
fn a_lone_caller_does_its_own_work_at_once() {
    let (queue, groups) = (Numbers::new(1, 4, Duration::ZERO), Groups::default());
    assert_eq!(queue.share(vec![1, 2], |jobs| double(&groups, jobs)), Ok(vec![Some(2), Some(4)]));
    assert_eq!(queue.share(vec![3], |jobs| double(&groups, jobs)), Ok(vec![Some(6)]));
    drop(queue.alone(false).expect("a turn"));
    assert_eq!(queue.depth(), 0);
    assert_eq!(*groups.lock().expect("sound"), [vec![1, 2], vec![3]]);
}

#[test]
fn those_that_wait_share_groups_in_order_and_a_turn_of_its_own_keeps_its_place() {
    let (queue, groups) = (Numbers::new(100, 4, Duration::ZERO), Groups::default());
    thread::scope(|scope| {
        let turn = queue.alone(false).expect("a turn");
        for number in 1..=9 {
            let (queue, groups) = (&queue, &groups);
            scope.spawn(move || match number {
                3 => {
                    let _turn = queue.alone(false).expect("a turn");
                    groups.lock().expect("sound").push(Vec::new());
                }
                _ => {
                    let answer = queue.share(vec![number], |jobs| double(groups, jobs));
                    assert_eq!(answer, Ok(vec![Some(number * 2)]));
                }
            });
            until_waiting(queue, number as usize);
        }
        drop(turn);
    });
    assert_eq!(*groups.lock().expect("sound"), [vec![1, 2], vec![], vec![4, 5, 6, 7], vec![8, 9]]);
}

#[test]
fn those_who_were_just_answered_may_join_the_next_group_and_nobody_else_is_waited_for() {
    let long = Duration::from_secs(3);
    let (queue, groups) = (Numbers::new(100, 8, long), Groups::default());
    let (queue, groups) = (&queue, &groups);
    let share = |number, lead: &dyn Fn(Vec<Job<u32, u32>>)| {
        assert_eq!(queue.share(vec![number], lead), Ok(vec![Some(number * 2)]));
    };
    let plain = |jobs| double(groups, jobs);
    thread::scope(|scope| {
        let turn = queue.alone(false).expect("a turn");
        for number in 1..=3 {
            scope.spawn(move || {
                // The first group lasts until somebody waits behind it.
                share(number, &|jobs| {
                    until_waiting(queue, 1);
                    plain(jobs);
                });
                share(number + 10, &plain);
            });
            until_waiting(queue, number as usize);
        }
        drop(turn);
        until_waiting(queue, 0);
        scope.spawn(move || share(9, &plain));
    });
    let groups = groups.lock().expect("sound").clone();
    assert_eq!(groups[0], [1, 2, 3]);
    assert!(groups[1].starts_with(&[9]) && groups[1].len() >= 3, "as many as before, whoever they are: {groups:?}");
    assert_eq!(groups.concat().len(), 7, "{groups:?}");
    let begun = Stopwatch::now();
    share(5, &|jobs| double(&Groups::default(), jobs));
    assert!(begun.elapsed() < long / 2, "a lone caller waits for nobody");
}

#[test]
fn one_caller_may_bring_more_than_a_group_and_it_stays_together() {
    let (queue, groups) = (Numbers::new(100, 2, Duration::ZERO), Groups::default());
    let answers = queue.share(vec![1, 2, 3, 4, 5], |jobs| double(&groups, jobs)).expect("a place");
    assert_eq!(answers, [2, 4, 6, 8, 10].map(Some));
    assert_eq!(*groups.lock().expect("sound"), [vec![1, 2, 3, 4, 5]]);
}

#[test]
fn a_full_queue_and_a_closed_one_refuse_and_finish_what_they_took() {
    let (queue, groups) = (Numbers::new(2, 4, Duration::ZERO), Groups::default());
    thread::scope(|scope| {
        let turn = queue.alone(false).expect("a turn");
        for number in 1..=2 {
            let (queue, groups) = (&queue, &groups);
            scope.spawn(move || {
                let answer = queue.share(vec![number], |jobs| double(groups, jobs));
                assert_eq!(answer, Ok(vec![Some(number * 2)]));
            });
            until_waiting(queue, number as usize);
        }
        assert_eq!(queue.share(vec![9], |_| unreachable!("no place")), Err(NoPlace::Full));
        assert_eq!(queue.alone(false).map(|_| ()).err(), Some(NoPlace::Full));
        queue.close();
        assert_eq!(queue.share(vec![9], |_| unreachable!("no place")), Err(NoPlace::Closed));
        drop(turn);
    });
    assert_eq!(*groups.lock().expect("sound"), [vec![1, 2]]);
    drop(queue.alone(true).expect("the registry's own work is always taken"));
}

#[test]
fn a_panic_answers_its_group_with_nothing_and_the_next_group_goes_on() {
    let (queue, groups) = (Numbers::new(100, 2, Duration::ZERO), Groups::default());
    thread::scope(|scope| {
        let turn = queue.alone(false).expect("a turn");
        let mut callers = Vec::new();
        for number in 1..=4 {
            let (queue, groups) = (&queue, &groups);
            callers.push(scope.spawn(move || {
                queue.share(vec![number], |jobs| {
                    assert_ne!(number, 1, "the first one fails");
                    double(groups, jobs);
                })
            }));
            until_waiting(queue, number as usize);
        }
        drop(turn);
        let answers: Vec<_> = callers.into_iter().map(|caller| caller.join().ok()).collect();
        let (three, four) = (Some(Ok(vec![Some(6)])), Some(Ok(vec![Some(8)])));
        assert_eq!(answers, [None, Some(Ok(vec![None])), three, four]);
    });
}
