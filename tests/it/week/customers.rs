//! What customers do: they ask, take what is offered, change their minds.

use rand::Rng;
use ringback_api::command::callbacks::{self as commands, Answer, Target};
use ringback_api::command::{Audit, Expected, Tx};
use ringback_api::error::Error;
use ringback_domain::CallbackId;
use ringback_domain::callback::Callback;
use ringback_domain::wire::callback::{CancelCallback, CreateCallback, RescheduleCallback};
use serde_json::{Value, json};

use super::{
    Event, LEAD_SECONDS, Record, SLOT_SECONDS, SPARED_SECONDS, Stands, Week, ZONES, is_hour_to_call, is_open,
    micros, seconds,
};
use crate::store_setup::{dialler, person};

impl Week {
    fn customer(&mut self, zone: usize) -> String {
        // Few enough that some ask twice.
        let customers = self.scale.requests / self.scale.zones;
        format!("{}{:07}", ZONES[zone].2, 2_000_000 + self.rng.random_range(0..customers))
    }

    pub(super) async fn request(&mut self, service: usize) {
        let zone = service % self.scale.zones;
        let number = self.customer(zone);
        let now = self.now();
        self.tally.requests += 1;
        let mut body = json!({
            "callback_type": "immediate", "service_id": self.services[service], "customer_number": number,
        });
        let is_appointment = self.rng.random_range(0..4) == 0;
        if is_appointment {
            let ahead = self.rng.random_range(600..86_400);
            let desired = (now + ahead).div_euclid(300) * 300;
            body["callback_type"] = json!("scheduled");
            body["desired_time"] = json!(micros(desired));
        }
        let mut created = self.create(&body).await;
        // Who is refused takes the nearest time that is offered.
        if let Err(Error::NotBookable { slots, .. }) = &created
            && is_appointment
            && let Some(slot) = slots.first()
        {
            assert!(self.is_free(service, seconds(slot.from)), "a full slot is offered");
            body["desired_time"] = json!(slot.from);
            created = self.create(&body).await;
            assert!(created.is_ok(), "what is offered can be booked: {created:?}");
        }
        match created {
            Ok(callback) => self.promised(service, number, is_appointment, &callback),
            Err(Error::NotBookable { slots, .. }) => {
                let should = is_appointment || !is_open(zone, &self.zones[zone], now);
                assert!(should && (slots.is_empty() || !is_appointment), "refused while it is open");
                self.tally.refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn create(&mut self, body: &Value) -> Result<Callback, Error> {
        let body: CreateCallback = serde_json::from_value(body.clone()).unwrap();
        let create = async move |tx: &mut Tx<'_>| commands::create(tx, &body).await;
        let node = self.node();
        let answer = self.cluster.nodes[node].commands.change(Audit::None, &dialler(), create).await?;
        match answer {
            Answer::Made(callback) => Ok(callback),
            Answer::Existing(callback) => panic!("{} stands for another", callback.id),
        }
    }

    fn promised(&mut self, service: usize, number: String, is_appointment: bool, callback: &Callback) {
        let (zone, now) = (service % self.scale.zones, self.now());
        let desired = seconds(callback.desired_time);
        if is_appointment {
            self.book(service, desired);
        } else {
            assert!(is_open(zone, &self.zones[zone], now), "promised now while it is closed");
        }
        let record = Record {
            zone,
            service,
            number,
            is_appointment,
            desired,
            arrival: if is_appointment { desired - LEAD_SECONDS } else { now },
            not_before: desired,
            spared_until: if is_appointment { desired } else { now + SPARED_SECONDS },
            stands: Stands::Scheduled,
            attempts: 0,
            first_attempt: None,
            is_cancelled: false,
        };
        self.records.insert(callback.id, record);
        self.stand(callback.id, Stands::Scheduled);
        self.at(desired.max(now), Event::Due);
        match self.rng.random_range(0..100) {
            0..2 => {
                let at = now + self.rng.random_range(1..desired.max(now) - now + 600);
                self.at(at, Event::Cancel(callback.id.0));
            }
            2..5 if is_appointment => {
                let at = now + self.rng.random_range(1..(desired - now).max(2));
                self.at(at, Event::Move(callback.id.0));
            }
            _ => {}
        }
    }

    pub(super) async fn cancel(&mut self, id: CallbackId) {
        let target = Target { id, expected: Expected::Any };
        let cancel =
            async move |tx: &mut Tx<'_>| commands::cancel(tx, target, CancelCallback::default()).await;
        let node = self.node();
        let cancelled = self.cluster.nodes[node].commands.change(Audit::None, &person(), cancel).await;
        let before = self.records[&id].stands;
        if cancelled.is_err() {
            assert!(matches!(before, Stands::Open | Stands::Done), "a cancellation was refused: {before:?}");
            return;
        }
        assert_ne!(before, Stands::Done, "what is over was cancelled");
        self.stand(id, Stands::Done);
        self.tally.cancelled += 1;
        let record = self.records.get_mut(&id).unwrap();
        record.is_cancelled = true;
        let (service, desired, number) = (record.service, record.desired, record.number.clone());
        if before == Stands::Scheduled && record.is_appointment {
            self.give_back(service, desired);
        }
        if before == Stands::Open {
            self.open_numbers.remove(&number);
            let agent =
                self.agents.iter().position(|agent| agent.at.as_ref().is_some_and(|(at, _)| *at == id));
            let agent = agent.unwrap();
            self.agents[agent].at = None;
            let now = self.now();
            self.at(now + 5, Event::Free(agent));
        }
    }

    pub(super) async fn move_to_another_time(&mut self, id: CallbackId) {
        let record = self.records[&id].clone();
        if record.stands != Stands::Scheduled {
            return;
        }
        let desired = self.now().div_euclid(300) * 300 + self.rng.random_range(2..200) * 300;
        let target = Target { id, expected: Expected::Any };
        let body =
            RescheduleCallback { desired_time: Some(micros(desired)), ..RescheduleCallback::default() };
        let reschedule = async move |tx: &mut Tx<'_>| commands::reschedule(tx, target, &body).await;
        let node = self.node();
        let moved = self.cluster.nodes[node].commands.change(Audit::None, &person(), reschedule).await;
        match moved {
            Ok(_) => {
                self.give_back(record.service, record.desired);
                self.book(record.service, desired);
                self.stand(id, Stands::Open);
                let record = self.records.get_mut(&id).unwrap();
                (record.desired, record.not_before) = (desired, desired);
                record.arrival = desired - LEAD_SECONDS;
                self.stand(id, Stands::Scheduled);
                self.tally.moved += 1;
                self.at(desired, Event::Due);
            }
            Err(Error::NotBookable { .. }) => {
                let is_closed = !is_open(record.zone, &self.zones[record.zone], desired);
                let slot = |at: i64| at.div_euclid(SLOT_SECONDS);
                let has_begun = slot(desired) <= slot(self.now());
                let is_full = slot(desired) != slot(record.desired) && !self.is_free(record.service, desired);
                let is_night = !is_hour_to_call(record.zone, desired);
                assert!(is_closed || has_begun || is_full || is_night, "a free time was refused");
            }
            Err(error) => panic!("{error}"),
        }
    }
}
