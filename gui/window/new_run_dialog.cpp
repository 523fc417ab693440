#include "gui/window/new_run_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include "model/config.h"

namespace limoe::gui {
namespace {

QComboBox* makeChoice(std::span<const std::string_view> names, const QString& chosen,
                      const QString& tip, QWidget* parent) {
  auto* box = new QComboBox(parent);
  for (const std::string_view name : names) {
    box->addItem(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())));
  }
  box->setCurrentText(chosen);
  box->setToolTip(tip);
  return box;
}

}  // namespace

NewRunDialog::NewRunDialog(const QString& runs_folder, const QString& suggested_name,
                           const QStringList& taken, QWidget* parent)
    : QDialog(parent),
      runs_folder_(runs_folder),
      taken_(taken),
      preset_(makeChoice(model::presetNames(), "tiny", "Sizes of the model", this)),
      setting_(makeChoice(model::settingNames(), "limoe", "Named set of auxiliary losses", this)),
      steps_(new QSpinBox(this)),
      seed_(new QSpinBox(this)),
      name_(new QLineEdit(suggested_name, this)),
      fault_(new QLabel(this)),
      buttons_(new QDialogButtonBox(QDialogButtonBox::Cancel, this)) {
  setObjectName("newRunDialog");
  setWindowTitle("New run");
  steps_->setRange(0, 10'000'000);
  steps_->setSpecialValueText("as the preset");
  steps_->setToolTip("Optimiser steps; 0: as many as the preset has");
  seed_->setRange(-1, 1'000'000'000);
  seed_->setValue(-1);
  seed_->setSpecialValueText("as the preset");
  seed_->setToolTip("Seed of initial weights, noise and the order of the data");
  name_->setObjectName("runName");
  name_->setToolTip("Name of the run's folder");
  fault_->setWordWrap(true);
  auto* form = new QFormLayout(this);
  form->addRow("Preset", preset_);
  form->addRow("Setting", setting_);
  form->addRow("Steps", steps_);
  form->addRow("Seed", seed_);
  form->addRow("Name", name_);
  form->addRow("Folder", new QLabel(QDir::toNativeSeparators(runs_folder), this));
  form->addRow(fault_);
  form->addRow(buttons_);
  QPushButton* start = buttons_->addButton("Start training", QDialogButtonBox::AcceptRole);
  start->setObjectName("startRun");
  start->setToolTip("Make the folder and start a worker in it");
  buttons_->button(QDialogButtonBox::Cancel)->setToolTip("Start nothing");
  connect(buttons_, &QDialogButtonBox::accepted, this, &QDialog::accept);
  connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(name_, &QLineEdit::textChanged, this, &NewRunDialog::check);
  check();
}

void NewRunDialog::check() {
  const QString name = name_->text().trimmed();
  QString fault;
  if (name.isEmpty() || name.contains('/') || name.startsWith('.')) {
    fault = "The name becomes a folder: not empty, without “/” and no dot in front.";
  } else if (taken_.contains(name)) {
    fault = QString("There is a run %1 already; a run is never overwritten.").arg(name);
  }
  fault_->setText(fault);
  fault_->setVisible(!fault.isEmpty());
  for (QAbstractButton* button : buttons_->buttons()) {
    if (buttons_->buttonRole(button) == QDialogButtonBox::AcceptRole) {
      button->setEnabled(fault.isEmpty());
    }
  }
}

NewRun NewRunDialog::newRun() const {
  NewRun run;
  run.folder = QDir(runs_folder_).absoluteFilePath(name_->text().trimmed());
  run.preset = preset_->currentText();
  run.setting = setting_->currentText();
  run.steps = steps_->value();
  run.seed = seed_->value();
  return run;
}

}  // namespace limoe::gui
