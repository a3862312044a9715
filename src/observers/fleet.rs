//! What leaves the device for the home and for the fleet: MQTT and metrics, on one thread of their own.
//! Both are off until the configuration names them.

use anyhow::Context;
use tokio::runtime::Builder;

use crate::config::Config;
use crate::device::{Device, Ports};
use crate::observers::metrics::{Metrics, MetricsSettings, scrape};
use crate::observers::mqtt::Connection;
use crate::observers::{Latest, Observers};
use moodbox_core::kiosk::Settings;

/// What is switched on, ready to start.
pub struct Fleet {
    metrics: Option<(MetricsSettings, Metrics)>,
    mqtt: Option<Connection>,
}

impl Fleet {
    /// Makes what the configuration switches on.
    ///
    /// # Errors
    /// When a metric cannot be registered, or TLS for MQTT cannot be set up.
    pub fn new(config: &Config, settings: &Settings) -> anyhow::Result<Fleet> {
        let metrics = match &config.metrics {
            Some(wanted) => Some((wanted.clone(), Metrics::new(settings, wanted.moods)?)),
            None => None,
        };
        let mqtt = match &config.mqtt {
            Some(settings) => Some(Connection::new(settings).context("[mqtt]")?),
            None => None,
        };
        Ok(Fleet { metrics, mqtt })
    }

    /// Lets the light and the panel, where there are such, tell how fast they answer.
    pub fn time(&self, ports: &mut Ports, light: bool) {
        let Some((_, metrics)) = &self.metrics else { return };
        if !light {
            metrics.without_light();
        } else {
            ports.light.wrap(|light| metrics.time_light(light));
        }
        ports.panel = ports.panel.take().map(|panel| metrics.time_panel(panel));
    }

    /// Starts the thread, if anything is switched on.
    pub fn start(
        self,
        device: &mut Device,
        observers: &mut Observers,
        latest: &Latest,
    ) -> anyhow::Result<()> {
        if self.metrics.is_none() && self.mqtt.is_none() {
            return Ok(());
        }
        if let Some((_, metrics)) = &self.metrics {
            observers.add(metrics.observer());
        }
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let (queue, latest) = (device.queue(), latest.clone());
        device.spawn("fleet", move || {
            runtime.block_on(async {
                let serve = async {
                    if let Some((settings, metrics)) = self.metrics {
                        scrape::serve(settings.listen, metrics).await;
                    }
                };
                let keep = async {
                    if let Some(connection) = self.mqtt {
                        connection.keep(latest, queue).await;
                    }
                };
                tokio::join!(serve, keep);
            });
        })?;
        Ok(())
    }
}
