//! The guide: what callbacks are, and how to work with them.

messages! {
    guide { en "Guide" de "Anleitung" }
    no_news { en "No messages since you opened this page." de "Keine Meldungen, seit diese Seite geöffnet wurde." }

    guide_states { en "States" de "Status" }
    guide_states_text(days) { en "A callback is a promise to call a customer back. It goes through five states and is kept for {days} days after its desired time." de "Ein Rückruf ist das Versprechen, einen Kunden anzurufen. Er durchläuft fünf Status und bleibt nach der gewünschten Zeit {days} Tage erhalten." }
    guide_scheduled { en "Waits for its desired time. It can be moved or cancelled. If it is still SCHEDULED after its window, it shows a warning." de "Wartet auf die gewünschte Zeit. Lässt sich verschieben und abbrechen. Ist er nach seinem Zeitfenster noch hier, zeigt er eine Warnung." }
    guide_queued { en "Waits for an agent, with a place in the queue. It can be cancelled." de "Wartet auf einen Agenten, mit einem Platz in der Warteschlange. Lässt sich abbrechen." }
    guide_routing { en "An agent is reserved and the customer is being called. It can be cancelled." de "Ein Agent ist reserviert, der Kunde wird angerufen. Lässt sich abbrechen." }
    guide_processing { en "Agent and customer are talking. It can be neither moved nor cancelled." de "Agent und Kunde sprechen. Lässt sich weder verschieben noch abbrechen." }
    guide_completed { en "The callback has ended. The result beside the state says how." de "Beendet. Das Ergebnis hinter dem Status sagt, wie." }

    guide_results { en "Results" de "Ergebnisse" }
    guide_success { en "The customer spoke with an agent." de "Der Kunde hat mit einem Agenten gesprochen." }
    guide_cancelled { en "Somebody cancelled it, here or in another system. Recreate creates a new callback from it." de "Jemand hat ihn abgebrochen, hier oder in einem anderen System. Neu anlegen macht einen neuen daraus." }
    guide_failed { en "The customer was not reached in any attempt, or something else prevented the call; the code says what. Recreate tries again." de "Der Kunde wurde in keinem Versuch erreicht, oder etwas stand im Weg; der Code sagt, was. Neu anlegen versucht es noch einmal." }

    guide_find { en "Find callbacks" de "Rückrufe finden" }
    guide_find_text { en "Date Range filters by desired time. Past ranges end now and future ranges begin now. The desired time of an immediate callback is when it was created." de "Der Zeitraum wählt nach der gewünschten Zeit. Vergangene Zeiträume enden jetzt, bevorstehende beginnen jetzt; ein sofortiger Rückruf zählt mit der Zeit, zu der er angelegt wurde." }
    guide_search_text { en "Search filters one column, or all columns, while you type. The quick filter above shows one state, or what is overdue." de "Die Suche filtert beim Tippen eine Spalte oder alle. Der Schnellfilter darüber zeigt einen Status oder das Überfällige." }
    guide_everywhere_text { en "Callback Search in the Tools menu finds an ID or a number in every range." de "Die Rückrufsuche im Menü „Werkzeuge“ findet eine ID oder Nummer in allen Zeiträumen." }

    guide_create { en "Create" de "Anlegen" }
    guide_create_text { en "Create Callback asks for service and number. Immediate joins the queue at once; Scheduled also asks for a date and a time." de "„Rückruf anlegen“ fragt nach Service und Nummer. Sofort geht gleich in die Warteschlange; Geplant fragt auch nach Datum und Uhrzeit." }
    guide_edit { en "Edit or cancel" de "Bearbeiten oder abbrechen" }
    guide_edit_text { en "The pencil at the end of a row moves a SCHEDULED callback to another time, or cancels one that no agent has connected yet. If the callback changes meanwhile, the dialog says so." de "Der Stift am Zeilenende verschiebt einen Rückruf in SCHEDULED oder bricht einen ab, den noch kein Agent verbunden hat. Ändert er sich inzwischen, sagt der Dialog das." }
    guide_recreate { en "Recreate" de "Neu anlegen" }
    guide_recreate_text { en "The arrow creates a new callback from a completed one. It is available once, and only if the customer did not speak with an agent. The two records link to each other." de "Der Pfeil macht aus einem beendeten Rückruf einen neuen, einmal, sofern der Kunde nicht mit einem Agenten sprach. Beide Datensätze verweisen aufeinander." }
    guide_many { en "Cancel many" de "Viele abbrechen" }
    guide_many_text { en "Select rows and choose Cancel Callbacks. The confirmation can also include every callback in the current range. Export Cancelled Reports then offers the report for a day." de "Zeilen auswählen, dann „Rückrufe abbrechen“. Die Bestätigung kann stattdessen jeden Rückruf des aktuellen Zeitraums umfassen. Danach bietet „Abbruchberichte exportieren“ einen Tag lang den Bericht an." }
    guide_live { en "Live updates" de "Was sich von selbst ändert" }
    guide_live_text { en "Rows on screen are updated in place and never move. New callbacks appear after a click on their button; rows that no longer match stay, greyed out, until you refresh. The arrow of a row opens its metrics and its timeline." de "Zeilen folgen dem Geschehen und springen nie. Neue Rückrufe warten hinter einer Schaltfläche; was nicht mehr passt, bleibt grau stehen, bis aktualisiert wird. Der Pfeil vor einer Zeile öffnet Kennzahlen und Verlauf." }
    guide_own { en "Your own view" de "Ansicht anpassen" }
    guide_own_text { en "Advanced Options sets the columns, the format of times, custom ranges, and the visible states and services. The address contains the view: copy it to share it." de "„Erweiterte Optionen“ bestimmt Spalten, Zeitanzeige, eigene Zeiträume sowie sichtbare Status und Services. Die Adresse nennt die Ansicht: Kopiert zeigt sie anderen dasselbe." }
}
