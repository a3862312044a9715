// What the device says when something cannot be, in other languages than its own English. Asked for only when it is
// needed. A name in braces stands for whatever stands there.

const SAID = {
  "this is not the password": ["Das ist nicht das Passwort.", "Ce n’est pas le mot de passe."],
  "too many tries; wait {seconds} s": ["Zu viele Versuche; warte {seconds} s.", "Trop d’essais ; attendez {seconds} s."],
  "log in first": ["Melde dich zuerst an.", "Connectez-vous d’abord."],
  "this took too long": ["Das hat zu lange gedauert.", "Cela a pris trop de temps."],
  "too many pages are open; close one": ["Zu viele Seiten sind offen; schließ eine.", "Trop de pages sont ouvertes ; fermez-en une."],
  "the rest did not come": ["Der Rest kam nicht an.", "Le reste n’est pas arrivé."],
  "in public only the button of the device starts a look": ["In der Öffentlichkeit beginnt nur der Knopf des Geräts einen Blick.", "En public, seul le bouton de l’appareil lance un regard."],
  "no mood was read that could be wrong": ["Es wurde keine Stimmung gelesen, die falsch sein könnte.", "Aucune humeur n’a été lue qui puisse être fausse."],
  "the library has no such item": ["Das ist nicht in der Bibliothek.", "Ce n’est pas dans la bibliothèque."],
  "in a public place and at work a backup is restored here only if the page has a password": ["An öffentlichen Orten und bei der Arbeit wird hier nur wiederhergestellt, wenn die Seite ein Passwort hat.", "Dans un lieu public et au travail, une sauvegarde n’est restaurée ici que si la page a un mot de passe."],
  "in a public place and at work files are added here only if the page has a password": ["An öffentlichen Orten und bei der Arbeit werden hier nur Dateien hinzugefügt, wenn die Seite ein Passwort hat.", "Dans un lieu public et au travail, des fichiers ne sont ajoutés ici que si la page a un mot de passe."],
  "in a public place and at work stations are kept here only if the page has a password": ["An öffentlichen Orten und bei der Arbeit werden hier nur Sender gespeichert, wenn die Seite ein Passwort hat.", "Dans un lieu public et au travail, des stations ne sont gardées ici que si la page a un mot de passe."],
  "in a public place and at work the mode is changed here only if the page has a password": ["An öffentlichen Orten und bei der Arbeit wird der Modus hier nur geändert, wenn die Seite ein Passwort hat.", "Dans un lieu public et au travail, le mode n’est changé ici que si la page a un mot de passe."],
  "in a public place and at work this is done here only if the page has a password": ["An öffentlichen Orten und bei der Arbeit geht das hier nur, wenn die Seite ein Passwort hat.", "Dans un lieu public et au travail, cela ne se fait ici que si la page a un mot de passe."],
  "in a public place only the device's own button opens the camera, and at work nothing does": ["An öffentlichen Orten öffnet nur der Knopf des Geräts die Kamera, bei der Arbeit nichts.", "Dans un lieu public, seul le bouton de l’appareil ouvre la caméra, et au travail rien."],
  "this is no backup of moodbox: {error}": ["Das ist keine Sicherung von moodbox: {error}", "Ce n’est pas une sauvegarde de moodbox : {error}"],
  "there is no room for the backup: {error}. Free some; nothing was changed": ["Für die Sicherung ist kein Platz: {error}. Schaff welchen; nichts wurde geändert.", "Il n’y a pas de place pour la sauvegarde : {error}. Libérez-en ; rien n’a été changé."],
  "no such file is coming; begin again": ["Diese Datei kommt nicht mehr an; fang neu an.", "Ce fichier n’arrive plus ; recommencez."],
  "{name} is there already": ["{name} ist schon da.", "{name} est déjà là."],
  "{name} is empty": ["{name} ist leer.", "{name} est vide."],
  "{name}: the device is full; nothing of it was kept": ["{name}: Das Gerät ist voll; nichts davon wurde behalten.", "{name} : l’appareil est plein ; rien n’en a été gardé."],
  "{name} cannot be written: {error}": ["{name} kann nicht geschrieben werden: {error}", "{name} ne peut pas être écrit : {error}"],
  "{name} cannot be read: {error}": ["{name} kann nicht gelesen werden: {error}", "{name} ne peut pas être lu : {error}"],
  "the file needs a plain name of at most 200 bytes": ["Die Datei braucht einen einfachen Namen von höchstens 200 Bytes.", "Le fichier doit avoir un nom simple d’au plus 200 octets."],
  "other files are coming; try again": ["Andere Dateien kommen gerade an; versuch es noch einmal.", "D’autres fichiers arrivent ; réessayez."],
  "this device plays no music: the configuration has no [music]": ["Dieses Gerät spielt keine Musik: in der Konfiguration fehlt [music].", "Cet appareil ne joue pas de musique : la configuration n’a pas de [music]."],
  "this device plays no videos: the configuration has no [video]": ["Dieses Gerät spielt keine Videos: in der Konfiguration fehlt [video].", "Cet appareil ne joue pas de vidéos : la configuration n’a pas de [video]."],
  "the folder of the music is not on this device; set `music.folder`": ["Der Ordner der Musik ist nicht auf diesem Gerät; setz `music.folder`.", "Le dossier de la musique n’est pas sur cet appareil ; réglez `music.folder`."],
  "this device has no panel: the configuration has no [panel]": ["Dieses Gerät hat kein Display: in der Konfiguration fehlt [panel].", "Cet appareil n’a pas d’écran : la configuration n’a pas de [panel]."],
  "this device has no panel whose picture could be turned": ["Dieses Gerät hat kein Display, dessen Bild sich drehen ließe.", "Cet appareil n’a pas d’écran dont l’image puisse être tournée."],
  "the configuration names the panel's width and height, which a quarter turn would change: `sudo moodbox doctor --panel` turns it": ["Die Konfiguration nennt Breite und Höhe des Displays, die eine Vierteldrehung ändern würde: `sudo moodbox doctor --panel` dreht es.", "La configuration nomme la largeur et la hauteur de l’écran, qu’un quart de tour changerait : `sudo moodbox doctor --panel` le tourne."],
  "a tone is playing already": ["Es spielt schon ein Ton.", "Un son est déjà joué."],
  "this device runs without a configuration file": ["Dieses Gerät läuft ohne Konfigurationsdatei.", "Cet appareil tourne sans fichier de configuration."],
  "this device runs without a configuration file; start it with --config FILE": ["Dieses Gerät läuft ohne Konfigurationsdatei; starte es mit --config DATEI.", "Cet appareil tourne sans fichier de configuration ; lancez-le avec --config FICHIER."],
  "nothing would start it again; restart it by hand": ["Nichts würde es wieder starten; starte es von Hand neu.", "Rien ne le relancerait ; relancez-le à la main."],
  "the examination broke off: {error}": ["Die Untersuchung brach ab: {error}", "L’examen s’est interrompu : {error}"],
  "moods are not kept here; [history] days in the configuration switches it on": ["Stimmungen werden hier nicht aufgehoben; `days` unter [history] schaltet es ein.", "Les humeurs ne sont pas gardées ici ; `days` sous [history] l’active."],
  "the moods are still there: {error}": ["Die Stimmungen sind noch da: {error}", "Les humeurs sont toujours là : {error}"],
  "the moods cannot be read: {why}": ["Die Stimmungen können nicht gelesen werden: {why}", "Les humeurs ne peuvent pas être lues : {why}"],
  "there is nothing to take back": ["Es gibt nichts zurückzunehmen.", "Il n’y a rien à annuler."],
  "a template has at most 64 KiB": ["Eine Vorlage hat höchstens 64 KiB.", "Un modèle a au plus 64 Kio."],
  "this template has its `{name}` on one line; change it as text": ["In dieser Vorlage steht `{name}` auf einer Zeile; ändere sie als Text.", "Dans ce modèle, `{name}` est sur une ligne ; changez-le comme texte."],
  "a tone could not be played on {card}: {why}; {cure}": ["Auf {card} ließ sich kein Ton spielen: {why}; {cure}", "Aucun son n’a pu être joué sur {card} : {why} ; {cure}"],
  "{part} of the backup: {why}": ["Sicherung, {part}: {why}", "Sauvegarde, {part} : {why}"],
  "this backup is of form {form}, and this moodbox reads form {known}; update moodbox first": ["Diese Sicherung hat die Form {form}, dieses moodbox liest Form {known}; aktualisiere zuerst moodbox.", "Cette sauvegarde est de forme {form}, ce moodbox lit la forme {known} ; mettez d’abord moodbox à jour."],
  "{name} is too large: {size} MB, and there is room for {room} MB": ["{name} ist zu groß: {size} MB, und Platz ist für {room} MB.", "{name} est trop grand : {size} Mo, et il y a de la place pour {room} Mo."],
  "{name} does not hold music: its first bytes are of another kind": ["{name} enthält keine Musik: die ersten Bytes sind von anderer Art.", "{name} ne contient pas de musique : ses premiers octets sont d’un autre type."],
  "{name} does not hold a video: its first bytes are of another kind": ["{name} enthält kein Video: die ersten Bytes sind von anderer Art.", "{name} ne contient pas de vidéo : ses premiers octets sont d’un autre type."],
  "{name} does not hold {what}: its first bytes are of another kind": ["{name} enthält nicht, was der Name sagt: die ersten Bytes sind von anderer Art.", "{name} ne contient pas ce que dit son nom : ses premiers octets sont d’un autre type."],
  "{name} is none of the kinds that are read: {kinds}": ["{name} ist von keiner der Arten, die gelesen werden: {kinds}", "{name} n’est d’aucun des types qui sont lus : {kinds}"],
  "the volume goes from 0 to {cap} %, the cap of this house": ["Die Lautstärke geht von 0 bis {cap} %, der Grenze dieses Hauses.", "Le volume va de 0 à {cap} %, la limite de cette maison."],
};

const LANGUAGES = ["de", "fr"];

/** The same in this language; none where there are no words for it. */
export function said(text, language) {
  const at = LANGUAGES.indexOf(language);
  if (at < 0) return null;
  for (const [english, others] of Object.entries(SAID)) {
    const names = [...english.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const pattern = english.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+)");
    const found = new RegExp(`^${pattern}$`, "s").exec(text);
    if (found) return names.reduce((words, name, place) => words.replace(`{${name}}`, () => found[place + 1]), others[at]);
  }
  return null;
}
