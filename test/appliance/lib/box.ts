import type { ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { builtImage, type Image } from './image.ts';
import { run, runFolder, start, stop, TOP } from './process.ts';
import { openQmp, type Qmp } from './qmp.ts';
import { Serial } from './serial.ts';
import { BOX_MAC, type Topology } from './topology.ts';

export type Firmware = 'kernel' | 'bios' | 'uefi';

/** How a box is put together. `kernel` starts the image's kernel directly, the others go through GRUB. */
export type BoxOptions = {
  /** Names log and disk. */
  name: string;
  firmware?: Firmware;
  nic?: 'virtio' | 'e1000';
  /** A disk made by `save`, to go on from the moment of saving. */
  from?: string;
  /** What its clock chip says at power-on, `2001-01-01T00:00:00`; else the right time. */
  clock?: string;
  /** Megabytes. */
  memory?: number;
  /** Has the machine a watchdog? */
  watchdog?: boolean;
};

/** The appliance under QEMU: 512 MB unless told, 2 processors, emulated. */
export class Box {
  readonly serial: Serial;
  readonly qmp: Qmp;
  readonly disk: string;
  /** When power was switched on, for `performance.now()`. */
  readonly powered: number;
  #child: ChildProcess;

  private constructor(child: ChildProcess, serial: Serial, qmp: Qmp, disk: string, powered: number) {
    this.#child = child;
    this.serial = serial;
    this.qmp = qmp;
    this.disk = disk;
    this.powered = powered;
  }

  /** Switches a box on. Its disk is an overlay over the built image, or a copy of a saved one. */
  static async powerOn(topology: Topology, options: BoxOptions): Promise<Box> {
    const image = builtImage();
    const folder = runFolder();
    const at = (ending: string) => join(folder, `${options.name}${ending}`);
    if (options.from !== undefined) copyFileSync(options.from, at('.qcow2'));
    else if (!existsSync(at('.qcow2'))) {
      // Overlays point at a path that holds the image's key: rebuilding must not change what lies under them.
      run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', image.image, '-F', 'raw', at('.qcow2')]);
    }
    for (const ending of ['.serial', '.qmp']) rmSync(at(ending), { force: true });
    const logs = join(TOP, 'build/logs');
    mkdirSync(logs, { recursive: true });
    rmSync(join(logs, `${options.name}.serial.log`), { force: true });
    const argv = [
      ...topology.middle.enter,
      ...qemu(image, options, { disk: at('.qcow2'), serial: at('.serial'), qmp: at('.qmp'), topology, folder }),
    ];
    const powered = performance.now();
    const child = start(argv, join(logs, `${options.name}.qemu.log`));
    try {
      const qmp = await Promise.race([openQmp(at('.qmp')), failed(child, join(logs, `${options.name}.qemu.log`))]);
      const serial = await Serial.open(at('.serial'));
      return new Box(child, serial, qmp, at('.qcow2'), powered);
    } catch (error) {
      await stop(child);
      throw error;
    }
  }

  /** Keeps disk and memory of this moment under a name; the box goes on. Later boxes start with `from: place`. */
  async save(place: string): Promise<void> {
    await this.qmp.execute('stop');
    await this.qmp.monitor(`savevm ${SNAPSHOT}`, 120);
    mkdirSync(join(place, '..'), { recursive: true });
    copyFileSync(this.disk, `${place}.partial`);
    renameSync(`${place}.partial`, place);
    await this.qmp.execute('cont');
  }

  /** Presses the reset button. */
  async reset(): Promise<void> {
    await this.qmp.execute('system_reset');
  }

  /** Pulls the plug. The disk stays for the next box of the same name. */
  async powerOff(): Promise<void> {
    this.serial.close();
    this.qmp.close();
    await stop(this.#child);
  }

  /** Waits until the box has switched itself off. */
  async isOff(seconds: number): Promise<boolean> {
    if (this.#child.exitCode !== null) return true;
    return new Promise((done) => {
      const limit = setTimeout(() => done(false), seconds * 1000);
      this.#child.once('exit', () => {
        clearTimeout(limit);
        done(true);
      });
    });
  }
}

/** Fails with what QEMU said when it ends at once. */
function failed(child: ChildProcess, log: string): Promise<never> {
  return new Promise((_, fail) => {
    child.once('exit', (code) => fail(new Error(`QEMU ended with ${code}: ${readFileSync(log, 'utf8').slice(-500)}`)));
  });
}

type Places = { disk: string; serial: string; qmp: string; folder: string; topology: Topology };

function qemu(image: Image, options: BoxOptions, places: Places): string[] {
  const { firmware = 'kernel', nic = 'virtio' } = options;
  const device = nic === 'virtio' ? 'virtio-net-pci' : 'e1000';
  const network = (['green', 'red'] as const).flatMap((colour) => [
    ...['-netdev', `tap,id=${colour},ifname=${places.topology.tap[colour]},script=no,downscript=no`],
    ...['-device', `${device},netdev=${colour},mac=${BOX_MAC[colour]},romfile=`],
  ]);
  return [
    'qemu-system-x86_64',
    ...['-name', options.name, '-nodefaults', '-display', 'none', '-vga', 'std'],
    ...[
      '-accel',
      'tcg,thread=multi,tb-size=256',
      '-machine',
      'pc',
      '-cpu',
      'max',
      '-smp',
      '2',
      '-m',
      String(options.memory ?? 512),
    ],
    ...[
      '-chardev',
      `socket,id=serial,path=${places.serial},server=on,wait=off,logfile=${join(TOP, 'build/logs', `${options.name}.serial.log`)}`,
    ],
    ...['-serial', 'chardev:serial', '-qmp', `unix:${places.qmp},server=on,wait=off`],
    ...['-drive', `file=${places.disk},if=none,id=disk,format=qcow2,cache=unsafe`],
    ...(nic === 'virtio'
      ? ['-device', 'virtio-blk-pci,drive=disk']
      : ['-device', 'ahci,id=ahci', '-device', 'ide-hd,bus=ahci.0,drive=disk']),
    ...['-device', 'virtio-rng-pci'],
    ...network,
    ...starting(firmware, image, places.folder, options.name),
    ...(options.watchdog === true ? ['-device', 'i6300esb', '-action', 'watchdog=reset'] : []),
    ...(options.clock === undefined ? [] : ['-rtc', `base=${options.clock}`]),
    ...(options.from === undefined ? [] : ['-loadvm', SNAPSHOT]),
  ];
}

function starting(firmware: Firmware, image: Image, folder: string, name: string): string[] {
  if (firmware === 'kernel') return ['-kernel', image.vmlinuz, '-initrd', image.initramfs, '-append', image.append];
  if (firmware === 'bios') return [];
  const variables = join(folder, `${name}.vars.fd`);
  if (!existsSync(variables)) copyFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd', variables);
  return [
    ...['-drive', 'if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd'],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${variables}`],
  ];
}

const SNAPSHOT = 'saved';
